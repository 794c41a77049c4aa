package dev.sluice.bench;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * What happens to the device of {@link StampedeBench}: from when a file appears, nothing for a while; then {@link #PER_SECOND} flows per second are told to take the second node; for the last while
 * the first node is dead as well. Says {@code part NAME frames N told N} as each part begins and when the last has ended. One user: the worker.
 */
final class Stampede implements DeviceMain.Chores {
    static final int PER_SECOND = 1_000;
    static final String QUIET = "quiet";
    static final String TOLD = "told";
    static final String DEAD = "dead";
    static final String END = "end";

    private static final long NS_PER_S = 1_000_000_000L;

    // As the load generator writes them.
    private static final IpAddress CLIENT = IpAddress.ofIpv4(0x0a00_0001);
    private static final IpAddress SERVER = IpAddress.ofIpv4(0x0a00_0002);
    private static final int BASE_PORT = 1024;
    private static final int LOW_BITS = 15;

    private final SplittableRandom random = new SplittableRandom(1);
    private final int flows;
    private final long partNs;
    private final Path file;
    private String part = "";
    private long beginNs;
    private long told;

    private Stampede(int flows, int seconds, Path file) {
        this.flows = flows;
        partNs = seconds * NS_PER_S;
        this.file = file;
    }

    /** As the command line has it. */
    static Stampede of(String[] arguments) {
        return new Stampede(Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]), Path.of(arguments[5]));
    }

    /** Room for the flows and a node's half of them anew. */
    int connections() {
        return 2 * flows;
    }

    /** Each flow makes four: into the node and out of it, both ways. */
    int journeys() {
        return 4 * flows;
    }

    @Override
    public void tick(Datapath datapath, Liveness liveness, long frames, long nowNs) {
        switch (part) {
            case "" -> {
                if (Files.exists(file)) {
                    begin(QUIET, frames, nowNs);
                }
            }
            case QUIET -> {
                if (nowNs - beginNs >= partNs) {
                    begin(TOLD, frames, nowNs);
                }
            }
            case TOLD -> {
                tell(datapath, nowNs - beginNs, nowNs);
                if (nowNs - beginNs >= partNs) {
                    begin(DEAD, frames, nowNs);
                    liveness.setInstance(0, false);
                }
            }
            case DEAD -> {
                tell(datapath, partNs + nowNs - beginNs, nowNs);
                if (nowNs - beginNs >= partNs) {
                    begin(END, frames, nowNs);
                }
            }
            default -> {}
        }
    }

    private void begin(String next, long frames, long nowNs) {
        part = next;
        beginNs = nowNs;
        System.out.println("part " + next + " frames " + frames + " told " + told);
    }

    /** Tells as many as are due. */
    private void tell(Datapath datapath, long sinceNs, long nowNs) {
        long due = sinceNs * PER_SECOND / NS_PER_S;
        for (; told < due; told++) {
            int flow = random.nextInt(flows);
            FlowPrograms.Flow key = new FlowPrograms.Flow(
                    datapath.zone(0, 0, 0),
                    IpProtocols.UDP,
                    CLIENT,
                    BASE_PORT + (flow & ((1 << LOW_BITS) - 1)),
                    SERVER,
                    BASE_PORT + (flow >> LOW_BITS));
            datapath.programs().put(key, FlowPrograms.Action.PATH, 2, false, nowNs + 3 * partNs, nowNs);
        }
    }
}
