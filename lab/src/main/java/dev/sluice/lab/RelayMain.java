package dev.sluice.lab;

import java.util.List;
import java.util.PriorityQueue;

/**
 * The impairment relay as a program: {@code --a IF --b IF --loss R --duplicate R --reorder R --reorder-hold-ns N --delay-ns N --jitter-ns N --seed N}.
 * Frames from a go to b by one generator, from b to a by another (seed + 1).
 */
public final class RelayMain {
    private record Due(long dueNs, long order, int to, RawFrame frame) {}

    private RelayMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) {
        ProgramOptions options = ProgramOptions.parse(arguments);
        long seed = options.number("seed", 1);
        Relay relay = new Relay(
                List.of(RawSocket.open(options.text("a"), true), RawSocket.open(options.text("b"), true)),
                List.of(new Impairment(settings(options, seed)), new Impairment(settings(options, seed + 1))));
        FrameLoop.run(relay.sockets, relay);
    }

    private static Impairment.Settings settings(ProgramOptions options, long seed) {
        return new Impairment.Settings(
                options.rate("loss"),
                options.rate("duplicate"),
                options.rate("reorder"),
                options.number("reorder-hold-ns", 0),
                options.number("delay-ns", 0),
                options.number("jitter-ns", 0),
                seed);
    }

    private static final class Relay implements FrameLoop.Work {
        private static final int QUEUE_COUNT_MAX = 100_000;

        private final List<RawSocket> sockets;
        private final List<Impairment> impairments;
        private final PriorityQueue<Due> queue = new PriorityQueue<>((x, y) -> {
            int byTime = Long.compare(x.dueNs, y.dueNs);
            return byTime != 0 ? byTime : Long.compare(x.order, y.order);
        });
        private long order;
        private long refusedCount;

        private Relay(List<RawSocket> sockets, List<Impairment> impairments) {
            this.sockets = sockets;
            this.impairments = impairments;
        }

        @Override
        public void onFrame(int socket, RawFrame frame, long nowNs) {
            Impairment impairment = impairments.get(socket);
            long dueNs = impairment.dueNs(nowNs);
            if (dueNs == Impairment.LOST) {
                return;
            }
            if (queue.size() >= QUEUE_COUNT_MAX) {
                refusedCount++;
                return;
            }
            int to = 1 - socket;
            queue.add(new Due(dueNs, order++, to, frame));
            if (impairment.duplicate()) {
                queue.add(new Due(dueNs, order++, to, frame));
            }
            sendDue(nowNs);
        }

        @Override
        public long onIdle(long nowNs) {
            sendDue(nowNs);
            Due next = queue.peek();
            return next == null ? Long.MAX_VALUE : next.dueNs - nowNs;
        }

        private void sendDue(long nowNs) {
            for (Due next = queue.peek(); next != null && next.dueNs <= nowNs; next = queue.peek()) {
                queue.remove();
                if (!sockets.get(next.to).send(next.frame)) {
                    refusedCount++;
                }
            }
        }

        @Override
        public String state() {
            long unseen = sockets.stream().mapToLong(RawSocket::dropCount).sum();
            return "forward " + impairments.get(0).figures() + "\nreverse "
                    + impairments.get(1).figures() + "\nrefused=" + refusedCount + " unseen=" + unseen;
        }
    }
}
