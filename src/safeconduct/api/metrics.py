"""A node's metrics for Prometheus, read off its statistics when asked."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from safeconduct.model.coverage import CoverageState
from safeconduct.model.entry import Actor
from safeconduct.model.person import Role
from safeconduct.model.standing import Standing
from safeconduct.service.desk import Desk
from safeconduct.service.node import Node


class NodeCollector(Collector):
    """Counts and gauges of one node; none of them names an aircraft."""

    def __init__(self, node: Node, desk: Desk) -> None:
        self._node, self._desk = node, desk

    def collect(self) -> Iterable[Metric]:
        """The metrics as they are now."""
        node = self._node
        statistics, board = node.statistics, node.pipeline.board
        yield GaugeMetricFamily("safeconduct_rehearsal", "1 where nothing is real.", value=board.heading.rehearsal)
        yield CounterMetricFamily("safeconduct_detections", "Detections taken.", value=statistics.detections)
        yield CounterMetricFamily("safeconduct_batches", "Batches taken.", value=statistics.batches)
        yield CounterMetricFamily(
            "safeconduct_ticks", "Times the board was brought up to date.", value=statistics.ticks
        )
        yield CounterMetricFamily("safeconduct_snapshots", "Snapshots made for viewers.", value=statistics.snapshots)
        yield GaugeMetricFamily("safeconduct_tick_seconds", "Duration of the last tick.", value=statistics.tick_s)
        yield GaugeMetricFamily("safeconduct_viewers", "Viewers of /live.", value=statistics.viewers)
        yield GaugeMetricFamily("safeconduct_flights", "Flights declared here.", value=len(board.flights))
        aside = CounterMetricFamily("safeconduct_set_aside", "Detections not tracked, by reason.", labels=["reason"])
        for reason, count in tuple(node.pipeline.tracker.set_aside.items()):
            aside.add_metric([reason], count)
        yield aside
        tracks = GaugeMetricFamily("safeconduct_tracks", "Tracks on the board.", labels=["standing"])
        shown = tuple(board.tracks.values())
        for standing in Standing:
            tracks.add_metric([standing.value], sum(track.standing is standing for track in shown))
        yield tracks
        messages = CounterMetricFamily("safeconduct_feed_messages", "Well-formed messages read.", labels=["feed"])
        rejected = CounterMetricFamily(
            "safeconduct_feed_rejected", "Messages set aside, by reason.", labels=["feed", "reason"]
        )
        for report in node.feeds:
            messages.add_metric([report.path], report.messages)
            for reason, count in tuple(report.rejected.items()):
                rejected.add_metric([report.path, reason], count)
        yield messages
        yield rejected
        yield from self._coordination()

    def _coordination(self) -> Iterable[Metric]:
        head = self._desk.record_head()
        yield GaugeMetricFamily("safeconduct_record_leaves", "Leaves in the record's tree.", value=head.size)
        yield GaugeMetricFamily("safeconduct_record_waiting", "Leaves that the tree has not taken.", value=head.waiting)
        asking = Actor(party=self._desk.party, role=Role.OFFICER)
        lines = Counter(line.state for flight in self._desk.flights(asking) for line in flight.coverage)
        coverage = GaugeMetricFamily("safeconduct_coverage", "Coverage lines of own flights.", labels=["state"])
        for state in CoverageState:
            coverage.add_metric([state.value], lines[state])
        yield coverage
        waiting = GaugeMetricFamily("safeconduct_outbox", "Messages that wait for a peer.", labels=["peer"])
        for peer in self._desk.peers():
            waiting.add_metric([peer.party], peer.outbox)
        yield waiting


def registry_of(node: Node, desk: Desk) -> CollectorRegistry:
    """A registry with the node's metrics only."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(node, desk))
    return registry
