"""The event engine a second time, on SimPy, written from the prose in `cimsim.sim.engine`.

A process per stage requests its items. SimPy's event priorities give the order within one instant: releases
and completions, then requests by index of stage, then requests that follow a start of this instant.
"""

from collections import defaultdict

import numpy as np
import simpy
from simpy.events import NORMAL, Event

from cimsim.sim.stage_table import Edge, Stage


class Twin:
    def __init__(self, table):
        self.env = simpy.Environment()
        self.stages = [Stage(*row) for row in table.stages.tolist()]
        self.resources = [simpy.Resource(self.env, int(n)) for n in table.n_servers]
        self.incoming, self.outgoing = defaultdict(list), defaultdict(list)
        for edge in (Edge(*row) for row in table.edges.tolist()):
            self.incoming[edge.consumer].append(edge)
            self.outgoing[edge.producer].append(edge)
        n = len(self.stages)
        self.n_started, self.completed, self.asleep = [0] * n, [0] * n, [None] * n
        self.start, self.finish, self.busy, self.waiting = [-1] * n, [0] * n, [0] * n, [0] * n

    def run(self):
        for s in range(len(self.stages)):
            self.env.process(self.issue(s))
        self.env.run()
        names = ("start", "finish", "busy", "waiting", "completed")
        return {name: np.array(getattr(self, name)) for name in names}

    def issue(self, s):
        stage, resource = self.stages[s], self.resources[self.stages[s].resource]
        if stage.release_fs:
            yield self.env.timeout(stage.release_fs)
        for i in range(stage.n_items):
            if not self.may_request(s):
                self.asleep[s] = Event(self.env)
                yield self.asleep[s]
            else:
                yield self.this_instant(Event(self.env), s if i == 0 else len(self.stages))
            asked = self.env.now
            request = resource.request()
            yield request
            self.serve(s, resource, request)
            self.n_started[s] += 1
            self.waiting[s] += self.env.now - asked
            if i == 0:
                self.start[s] = self.env.now

    def serve(self, s, resource, request):
        stage = self.stages[s]

        def release(_):
            self.busy[s] += stage.service_fs
            resource.release(request)
            if stage.latency_fs:
                self.env.timeout(stage.latency_fs).callbacks.append(complete)
            else:
                complete(_)

        def complete(_):
            self.completed[s] += 1
            self.finish[s] = self.env.now
            for edge in self.outgoing[s]:
                self.wake(edge.consumer)
            for edge in self.incoming[s]:
                self.wake(edge.producer)

        self.env.timeout(stage.service_fs).callbacks.append(release)

    def wake(self, s):
        if self.asleep[s] is not None and self.may_request(s):
            self.this_instant(self.asleep[s], s)
            self.asleep[s] = None

    def this_instant(self, event, order):
        event._ok, event._value = True, None
        self.env.schedule(event, priority=NORMAL + 1 + order)
        return event

    def may_request(self, s):
        i = self.n_started[s]
        for edge in self.incoming[s]:
            if self.completed[edge.producer] < self.need(edge, i):
                return False
        return all(not edge.capacity or i - self.freed(edge) < edge.capacity for edge in self.outgoing[s])

    def need(self, edge, i):
        y, x = divmod(i // edge.divide, edge.width)
        row = min(y * edge.stride_y + edge.reach_y, edge.producer_height - 1)
        column = min(x * edge.stride_x + edge.reach_x, edge.producer_width - 1)
        n_positions = row * edge.producer_width + column + 1
        return min(n_positions * edge.multiply, self.stages[edge.producer].n_items)

    def freed(self, edge):
        n_done = self.completed[edge.consumer]
        if n_done == self.stages[edge.consumer].n_items:
            return self.stages[edge.producer].n_items
        y, x = divmod(n_done // edge.divide, edge.width)
        row, column = y * edge.stride_y - edge.pad_y, x * edge.stride_x - edge.pad_x
        if row < 0:
            return 0
        n_positions = min(row, edge.producer_height) * edge.producer_width
        return (n_positions + min(max(column, 0), edge.producer_width)) * edge.multiply


def play_simpy(table):
    """By name: start, finish, busy, waiting (fs) and completed items of every stage."""
    return Twin(table).run()
