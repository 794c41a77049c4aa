package dev.sluice.datapath.mirror;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The three numbers that tell a device whether a journey still holds: of everything, of its path, of the port it leaves by; and which of them moves when a node or a port comes or
 * goes. One writer: the worker.
 */
final class MirrorGenerations {
    private final OffloadDevice device;
    private final LivenessView liveness;
    private final OffloadCounters counters;
    private final int[] paths;
    private final int[] ports = new int[OffloadKey.INGRESS_MAX + 1];
    private int config;

    /** Whether the first configuration is the one under which the device has records already, or follows it. */
    private boolean continues;

    /** Numbers of the device's ports by index. */
    private int[] numbers = new int[0];

    /** Ports whose state decides ways of packets that leave by others. */
    private final BitSet shared = new BitSet();

    private Snapshot snapshot = Snapshot.empty();

    // What was last seen of nodes and ports.
    private final long[] dead;
    private final long[] left;
    private final long[] down;
    private int[] failedPaths;

    /**
     * Begins with numbers that hold for nothing that the device may have from before.
     *
     * @param config the first one
     */
    MirrorGenerations(OffloadDevice device, LivenessView liveness, OffloadCounters counters, int config) {
        this.device = device;
        this.liveness = liveness;
        this.counters = counters;
        this.config = config;
        paths = new int[device.pathCapacity()];
        continues = device.holdsOlder();
        if (continues) {
            takeOver();
        } else {
            for (int i = 1; i < paths.length; i++) {
                device.setPathGeneration(i, 0);
            }
            device.setPathGeneration(paths.length, 0);
        }
        dead = liveness.dead().clone();
        left = liveness.left().clone();
        down = liveness.downPorts().clone();
        failedPaths = liveness.failedPaths();
    }

    /** What a process before has left holds until it is confirmed or taken back. */
    private void takeOver() {
        config = device.configGeneration();
        for (int i = 0; i < paths.length; i++) {
            paths[i] = device.pathGeneration(i);
        }
        for (int i = 1; i < ports.length; i++) {
            ports[i] = device.portGeneration(i);
        }
    }

    /** Another configuration: nothing that was recorded holds. */
    void apply(Snapshot next) {
        snapshot = next;
        if (continues) {
            continues = false;
        } else {
            moveConfig();
        }
        numbers = new int[next.portCount()];
        shared.clear();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = device.ingressOf(i);
            if (numbers[i] != 0) {
                device.setPortGeneration(numbers[i], ports[numbers[i]]);
            }
            if (next.port(i).role() == PortEntry.Role.LINK) {
                shared.set(i);
            }
        }
        for (int i = 0; i < next.routerCount(); i++) {
            share(next.router(i).routes());
        }
    }

    private void share(Routes routes) {
        for (int i = 0; i < routes.groupCount(); i++) {
            List<NextHop> hops = routes.group(i).hops();
            for (int k = 0; k < hops.size() && hops.size() > 1; k++) {
                if (hops.get(k).port() >= 0) {
                    shared.set(hops.get(k).port());
                }
            }
        }
    }

    /** Index of the port with a number of the device, -1 if there is none. */
    int indexOf(int number) {
        for (int i = 0; i < numbers.length && number != 0; i++) {
            if (numbers[i] == number) {
                return i;
            }
        }
        return -1;
    }

    /** The device's number of a port, 0 if it has no fast path. */
    int number(int port) {
        return port >= 0 && port < numbers.length ? numbers[port] : 0;
    }

    int config() {
        return config;
    }

    int ofPath(int path) {
        return path == 0 ? 0 : paths[path % paths.length];
    }

    int ofPort(int number) {
        return ports[number];
    }

    void moveConfig() {
        counters.configMoves++;
        device.setConfigGeneration(++config);
    }

    private void movePath(int path) {
        counters.pathMoves++;
        device.setPathGeneration(path, ++paths[path % paths.length]);
    }

    /** Something about a port or a neighbour behind it changed. */
    void movePort(int port) {
        int number = number(port);
        if (number != 0) {
            counters.portMoves++;
            device.setPortGeneration(number, ++ports[number]);
        }
    }

    /** A port was opened, closed or both: what leaves by it is decided anew; more only where its state decides ways of other packets. */
    void portChanged(int port) {
        if (port >= numbers.length) {
            return;
        }
        movePort(port);
        int before = numbers[port];
        numbers[port] = device.ingressOf(port);
        if (numbers[port] != before) {
            movePort(port);
        }
        if (shared.get(port)) {
            moveConfig();
        }
    }

    /** Nodes or ports came or went. Costs one look at each path. */
    void onLiveness() {
        List<Path> all = snapshot.paths();
        for (int i = 0; i < all.size(); i++) {
            if (concerns(all.get(i))) {
                movePath(all.get(i).id());
            }
        }
        long[] nowDown = liveness.downPorts();
        for (int word = 0; word < down.length; word++) {
            for (long moved = down[word] ^ nowDown[word]; moved != 0; moved &= moved - 1) {
                onPort((word << 6) + Long.numberOfTrailingZeros(moved));
            }
        }
        System.arraycopy(liveness.dead(), 0, dead, 0, dead.length);
        System.arraycopy(liveness.left(), 0, left, 0, left.length);
        System.arraycopy(nowDown, 0, down, 0, down.length);
        failedPaths = liveness.failedPaths();
    }

    /** A flow whose path is not fit leaves it as soon as another one is, so whatever becomes fit concerns it. */
    private boolean concerns(Path path) {
        if (liveness.isFailed(path.id()) || Arrays.binarySearch(failedPaths, path.id()) >= 0) {
            return true;
        }
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            int instance = hops.get(i).attachment().instance();
            int word = instance >>> 6;
            long moved = (dead[word] ^ liveness.dead()[word]) | (left[word] ^ liveness.left()[word]);
            if ((moved >>> instance & 1) != 0 || !liveness.instanceFit(instance)) {
                return true;
            }
        }
        return false;
    }

    /** Only where packets are routed it matters whether ports are up. */
    private void onPort(int port) {
        if (shared.get(port)) {
            moveConfig();
        } else if (port < snapshot.portCount() && snapshot.port(port).role() == PortEntry.Role.ROUTER) {
            movePort(port);
        }
    }

    /** For people. */
    @Override
    public String toString() {
        return "configuration " + config + ", ports " + Arrays.toString(numbers);
    }
}
