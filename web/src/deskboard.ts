/** The picture with what the desk knows besides: declared flights and posts' sectors. Pure. */
import type { Board } from "./board.ts";
import type { DeskView } from "./deskwire.ts";

/** The board's own flights and sectors stay as they are; what it does not have is added. */
export function withDesk(board: Board, view: DeskView | null): Board {
  if (view === null || view.node !== board.node || view.rehearsal !== board.rehearsal) return board;
  const told = [
    ...view.flights.map(({ ref, flight }) => ({ ref, flight })),
    ...view.inbox.map(({ notice, flight }) => ({ ref: notice.flight, flight })),
  ];
  const flights = new Map(told.map(({ ref, flight }) => [ref, { ...flight, id: ref }]));
  const sectors = new Map(view.posts.map(({ post }) => [post.sector.id, { ...post.sector, party: post.party }]));
  return {
    ...board,
    flights: new Map([...flights, ...board.flights]),
    sectors: new Map([...sectors, ...board.sectors]),
  };
}
