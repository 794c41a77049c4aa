package dev.sluice.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A service node as a program between two interfaces: {@code --mode match|echo|flood|wrong-port --in IF --out IF}, further
 * {@code --forbid TEXT} (match, repeats), {@code --wrong IF} (wrong-port), {@code --rate N --count N --seed N} (flood).
 */
public final class InlineNodeMain {
    private InlineNodeMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) {
        ProgramOptions options = ProgramOptions.parse(arguments);
        List<RawSocket> sockets = new ArrayList<>();
        sockets.add(RawSocket.open(options.text("in"), true));
        sockets.add(RawSocket.open(options.text("out"), true));
        options.find("wrong").ifPresent(wrong -> sockets.add(RawSocket.open(wrong, true)));
        String mode = options.text("mode");
        Node node = switch (mode) {
            case "match" -> new Matching(sockets, new PayloadMatcher(options.all("forbid"), System.out::println));
            case "echo" -> new Echoing(sockets);
            case "wrong-port" -> new WrongPort(sockets);
            case "flood" ->
                new Flooding(
                        sockets,
                        options.number("rate", 1_000),
                        options.number("count", 10_000),
                        new SplittableRandom(options.number("seed", 1)));
            default -> throw new LabException("mode '" + mode + "' is none of match, echo, flood, wrong-port");
        };
        FrameLoop.run(sockets, node);
    }

    /** What the modes share: sockets and figures. */
    private abstract static class Node implements FrameLoop.Work {
        private final List<RawSocket> sockets;
        private final long[] receivedCount;
        private long droppedCount;
        private long sentCount;
        private long refusedCount;

        private Node(List<RawSocket> sockets) {
            this.sockets = sockets;
            this.receivedCount = new long[sockets.size()];
        }

        /** The socket that the frame goes to, -1 for none. */
        abstract int target(int socket, RawFrame frame);

        @Override
        public void onFrame(int socket, RawFrame frame, long nowNs) {
            receivedCount[socket]++;
            int to = target(socket, frame);
            if (to < 0) {
                droppedCount++;
            } else {
                send(to, frame);
            }
        }

        void send(int to, RawFrame frame) {
            if (sockets.get(to).send(frame)) {
                sentCount++;
            } else {
                refusedCount++;
            }
        }

        @Override
        public long onIdle(long nowNs) {
            return Long.MAX_VALUE;
        }

        @Override
        public String state() {
            return "forward=" + receivedCount[0] + " reverse=" + receivedCount[1] + " dropped=" + droppedCount
                    + " sent=" + sentCount + " refused=" + refusedCount;
        }
    }

    private static final class Matching extends Node {
        private final PayloadMatcher matcher;

        private Matching(List<RawSocket> sockets, PayloadMatcher matcher) {
            super(sockets);
            this.matcher = matcher;
        }

        @Override
        int target(int socket, RawFrame frame) {
            return matcher.passes(frame.bytes()) ? 1 - socket : -1;
        }
    }

    private static final class Echoing extends Node {
        private Echoing(List<RawSocket> sockets) {
            super(sockets);
        }

        @Override
        int target(int socket, RawFrame frame) {
            return socket;
        }
    }

    private static final class WrongPort extends Node {
        private WrongPort(List<RawSocket> sockets) {
            super(sockets);
            if (sockets.size() != 3) {
                throw new LabException("argument --wrong is missing");
            }
        }

        @Override
        int target(int socket, RawFrame frame) {
            return socket == 2 ? -1 : 2;
        }
    }

    private static final class Flooding extends Node {
        private static final int FRAME_BYTES_MIN = 14;
        private static final int FRAME_BYTES_MAX = 1514;

        private final long intervalNs;
        private final long count;
        private final SplittableRandom random;
        private long nextNs = System.nanoTime();
        private long made;

        private Flooding(List<RawSocket> sockets, long ratePerSecond, long count, SplittableRandom random) {
            super(sockets);
            this.intervalNs = 1_000_000_000L / Math.max(1, ratePerSecond);
            this.count = count;
            this.random = random;
        }

        @Override
        int target(int socket, RawFrame frame) {
            return -1;
        }

        @Override
        public long onIdle(long nowNs) {
            for (int n = 0; n < 256 && made < count && nextNs <= nowNs; n++) {
                byte[] garbage = new byte[random.nextInt(FRAME_BYTES_MIN, FRAME_BYTES_MAX + 1)];
                random.nextBytes(garbage);
                send((int) (made & 1), RawFrame.of(garbage));
                made++;
                nextNs += intervalNs;
            }
            return made < count ? nextNs - nowNs : Long.MAX_VALUE;
        }
    }
}
