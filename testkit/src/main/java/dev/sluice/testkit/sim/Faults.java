package dev.sluice.testkit.sim;

import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** What goes wrong in a step, by the dice. Each fault begins at some time and is mended at the end of the step at the latest. Stateless. */
final class Faults {
    private enum Kind {
        STREAM_CUT,
        MANAGER_UNREACHABLE,
        AGENT_CRASH,
        AGENT_CRASH_AT_WRITE,
        AGENT_DISK_FULL,
        AGENT_DISK_SLOW,
        MANAGER_CRASH,
        MANAGER_CRASH_AT_WRITE,
        MANAGER_DISK_FULL,
        MANAGER_DISK_SLOW,
        PARTIAL_PUSH,
        LATE_MESSAGES,
        PACKET_LOSS,
        PACKETS_OVERTAKE,
        HOST_APART,
        NODE_DIES,
        HOST_NEEDS_INTERFACES
    }

    private static final List<Kind> KINDS = List.of(Kind.values());

    private Faults() {}

    /** Plans some, each within so many ns from now. */
    static void plan(World world, RandomGenerator dice, Wanted wanted, long withinNs) {
        int count = 1 + dice.nextInt(3);
        for (int i = 0; i < count; i++) {
            Kind kind = KINDS.get(dice.nextInt(KINDS.size()));
            List<String> hosts = List.copyOf(world.agents.keySet());
            String host = hosts.get(dice.nextInt(hosts.size()));
            long beginNs = dice.nextLong(withinNs);
            long lastsNs = dice.nextLong(withinNs);
            long detail = dice.nextLong(Long.MAX_VALUE);
            world.events.after(beginNs, () -> begin(world, kind, host, wanted, lastsNs, detail));
        }
    }

    private static void begin(World world, Kind kind, String host, Wanted wanted, long lastsNs, long detail) {
        AgentProcess agent = Objects.requireNonNull(world.agents.get(host));
        DiskState managerDisk = world.manager.store.disk;
        world.events.say(() -> "fault " + kind + " at " + host + " for " + lastsNs / Events.MS + " ms");
        switch (kind) {
            case STREAM_CUT -> world.cut(host);
            case MANAGER_UNREACHABLE -> {
                world.reach(host, false);
                world.events.after(lastsNs, () -> world.reach(host, true));
            }
            case AGENT_CRASH -> {
                agent.crash("killed");
                world.events.after(lastsNs, () -> restart(agent));
            }
            case AGENT_CRASH_AT_WRITE -> {
                agent.disk.crashAtWrite = 1 + (int) (detail % 2);
                world.events.after(lastsNs, () -> restart(agent));
            }
            case AGENT_DISK_FULL -> agent.disk.full = true;
            case AGENT_DISK_SLOW -> agent.disk.slowNs = detail % Events.SECOND;
            case MANAGER_CRASH -> {
                world.manager.crash("killed");
                world.events.after(lastsNs, () -> restart(world.manager));
            }
            case MANAGER_CRASH_AT_WRITE -> {
                managerDisk.crashAtWrite = 1 + (int) (detail % 2);
                world.events.after(lastsNs, () -> restart(world.manager));
            }
            case MANAGER_DISK_FULL -> managerDisk.full = true;
            case MANAGER_DISK_SLOW -> managerDisk.slowNs = detail % Events.SECOND;
            case PARTIAL_PUSH -> {
                world.splits = true;
                world.events.after(lastsNs, () -> world.cut(host));
            }
            case LATE_MESSAGES -> world.latencyNs = Events.SECOND;
            case PACKET_LOSS -> world.fabric.lossPercent = 1 + (int) (detail % 40);
            case PACKETS_OVERTAKE -> world.fabric.jitterNs = Events.MS + detail % (200 * Events.MS);
            case HOST_APART -> world.fabric.partition(host, true);
            case NODE_DIES -> {
                List<String> nodes = List.copyOf(wanted.nodes().keySet());
                String node = nodes.get((int) (detail % nodes.size()));
                world.fabric.node(node, false);
                agent.links.carrier(node + "-i", false);
            }
            case HOST_NEEDS_INTERFACES ->
                wanted.nodes().keySet().forEach(node -> agent.inUse.put(node + "-i", "carries the simulation"));
        }
    }

    private static void restart(AgentProcess agent) {
        if (!agent.isUp()) {
            agent.start();
        }
    }

    private static void restart(ManagerProcess manager) {
        if (!manager.isUp()) {
            manager.start();
        }
    }
}
