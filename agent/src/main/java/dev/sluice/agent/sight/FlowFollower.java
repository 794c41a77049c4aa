package dev.sluice.agent.sight;

import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.flows.ListFlows;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.agent.report.FollowReport.Busy;
import dev.sluice.agent.report.FollowReport.Followed;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.track.ConnectionTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What one client knows of the connection table, so that it can be told what is new. Goes round the table in pieces between batches; a round stops when an
 * answer is full and goes on with the next request, so nothing that stays longer than a round is missed. One user: the worker; requests take turns.
 */
final class FlowFollower {
    /** Most connections in one answer. */
    static final int EVENTS_MAX = 10_000;

    /** Most busy connections in one answer. */
    static final int BUSIEST_MAX = 100;

    private static final int SLOTS_PER_STEP = 512;
    private static final int PAGE = 16 * 1024;

    private final String session;
    private final FlowFilter filter;

    /** What the client knows, by slot; a page is made when one of its slots is first used. */
    private @Nullable Page[] pages = new Page[0];

    private int next;
    private boolean firstRound = true;
    private final PriorityQueue<Candidate> busiest = new PriorityQueue<>(Comparator.comparingLong(Candidate::bytes));

    private static final class Page {
        /** Reference + 1 of the connection that the client knows of, 0 for none. */
        final long[] known = new long[PAGE];

        final long[] bytes = new long[PAGE];
        final long[] packets = new long[PAGE];
        final int[] condition = new int[PAGE];
    }

    private record Candidate(long reference, long packets, long bytes) {}

    FlowFollower(String session, FlowFilter filter) {
        this.session = session;
        this.filter = filter;
    }

    String session() {
        return session;
    }

    /** The next part of the round, as a task for the worker. */
    Part part(int eventsMax, int busiestMax) {
        return new Part(eventsMax, busiestMax);
    }

    /** One answer in the making. */
    final class Part implements WorkerTask {
        private final CompletableFuture<FollowReport> result = new CompletableFuture<>();
        private final List<Followed> opened = new ArrayList<>();
        private final List<Followed> changed = new ArrayList<>();
        private final List<String> ended = new ArrayList<>();
        private final int eventsMax;
        private final int busiestMax;
        private int events;

        private Part(int eventsMax, int busiestMax) {
            this.eventsMax = eventsMax == 1 ? 2 : eventsMax;
            this.busiestMax = busiestMax;
        }

        CompletableFuture<FollowReport> result() {
            return result;
        }

        @Override
        public boolean step(Datapath datapath, long nowNs) {
            if (result.isDone()) {
                return true;
            }
            ConnectionTable table = datapath.connections();
            int end = Math.min(table.capacity(), next + SLOTS_PER_STEP);
            // A slot gives two events at most: one connection gone, another come.
            while (next < end && (eventsMax == 0 || events + 2 <= eventsMax)) {
                look(datapath, next, nowNs);
                next++;
            }
            boolean roundDone = next >= table.capacity();
            if (!roundDone && next == end) {
                return false;
            }
            List<Busy> most = roundDone ? takeBusiest(datapath, nowNs) : List.of();
            if (roundDone) {
                next = 0;
                firstRound = false;
            }
            result.complete(new FollowReport(session, roundDone, table.size(), opened, changed, ended, most));
            return true;
        }

        private void look(Datapath datapath, int slot, long nowNs) {
            ConnectionTable table = datapath.connections();
            boolean there = table.isUsed(slot)
                    && !table.isSuperseded(slot)
                    && !table.isExpired(slot, nowNs)
                    && filter.matches(table, slot);
            long name = there ? table.reference(slot) + 1 : 0;
            Page page = page(slot, table.capacity(), there);
            if (page == null) {
                return;
            }
            int at = slot % PAGE;
            if (page.known[at] != 0 && page.known[at] != name) {
                tell(ended, Long.toString(page.known[at] - 1));
            }
            if (there) {
                update(datapath, page, slot, name, nowNs);
            }
            page.known[at] = name;
        }

        private void update(Datapath datapath, Page page, int slot, long name, long nowNs) {
            ConnectionTable table = datapath.connections();
            int at = slot % PAGE;
            long packetsNow = table.packets(slot, 0) + table.packets(slot, 1);
            long bytesNow = table.bytes(slot, 0) + table.bytes(slot, 1);
            int conditionNow = condition(table, slot);
            boolean isNew = page.known[at] != name;
            if (isNew) {
                tell(opened, datapath, slot, nowNs);
            } else if (page.condition[at] != conditionNow) {
                tell(changed, datapath, slot, nowNs);
            }
            long bytesMore = isNew ? bytesNow : bytesNow - page.bytes[at];
            if (busiestMax > 0 && bytesMore > 0 && !firstRound) {
                long packetsMore = isNew ? packetsNow : packetsNow - page.packets[at];
                busiest.add(new Candidate(table.reference(slot), packetsMore, bytesMore));
                if (busiest.size() > busiestMax) {
                    busiest.poll();
                }
            }
            page.packets[at] = packetsNow;
            page.bytes[at] = bytesNow;
            page.condition[at] = conditionNow;
        }

        private void tell(List<Followed> list, Datapath datapath, int slot, long nowNs) {
            if (eventsMax > 0) {
                String id = Long.toString(datapath.connections().reference(slot));
                list.add(new Followed(id, ListFlows.flow(datapath, slot, nowNs)));
                events++;
            }
        }

        private void tell(List<String> list, String id) {
            if (eventsMax > 0) {
                list.add(id);
                events++;
            }
        }

        private List<Busy> takeBusiest(Datapath datapath, long nowNs) {
            List<Busy> most = new ArrayList<>();
            for (Candidate one = busiest.poll(); one != null; one = busiest.poll()) {
                int slot = datapath.connections().resolve(one.reference());
                if (slot >= 0) {
                    most.addFirst(new Busy(ListFlows.flow(datapath, slot, nowNs), one.packets(), one.bytes()));
                }
            }
            return most;
        }

        @Override
        public void abandon() {
            result.cancel(false);
        }
    }

    /** State, rule and path in one number. */
    private static int condition(ConnectionTable table, int slot) {
        int state = table.tcpState(slot) * 2 + (table.isHalfOpen(slot) ? 1 : 0);
        return (table.ruleId(slot) * 31 + table.pathId(slot)) * 31 + state;
    }

    private @Nullable Page page(int slot, int capacity, boolean needed) {
        if (pages.length == 0) {
            pages = new Page[capacity / PAGE + 1];
        }
        Page page = pages[slot / PAGE];
        if (page == null && needed) {
            page = new Page();
            pages[slot / PAGE] = page;
        }
        return page;
    }
}
