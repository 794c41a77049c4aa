package dev.sluice.bench;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.fastpath.FastPath;
import dev.sluice.fastpath.PuntReason;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the device of {@link StampedeBench}, from when a file appears: {@link #PARTS}, each as long as the others. In {@link #TOLD} and {@link #DEAD} {@link #PER_SECOND} flows per second are
 * told to take the second node; in {@link #DEAD} the first node is dead as well. Says {@code part NUMBER NAME frames N told N cpu MICROSECONDS handed-over REASON=N,...} as each part begins and when the last has ended: the frames
 * that the data path took, the flows that were told something, the processor time of the worker, and why the kernel handed packets over, all since its start. One user: the worker.
 */
final class Stampede implements DeviceMain.Chores {
    static final int PER_SECOND = 1_000;
    static final String QUIET = "quiet";
    static final String TOLD = "told";
    static final String DEAD = "dead";
    static final String END = "end";

    /** Each part with instructions lies between two quiet ones, so that a machine that becomes slower meanwhile does not look like a cost. */
    static final List<String> PARTS = List.of(QUIET, TOLD, QUIET, TOLD, QUIET, TOLD, QUIET, TOLD, QUIET, DEAD, END);

    private static final long NS_PER_S = 1_000_000_000L;
    private static final long NS_PER_US = 1_000L;

    // As the load generator writes them.
    private static final IpAddress CLIENT = IpAddress.ofIpv4(0x0a00_0001);
    private static final IpAddress SERVER = IpAddress.ofIpv4(0x0a00_0002);
    private static final int BASE_PORT = 1024;
    private static final int LOW_BITS = 15;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final SplittableRandom random = new SplittableRandom(1);
    private final int flows;
    private final long partNs;
    private final Path file;
    private @Nullable FastPath fastPath;
    private int part = -1;
    private long beginNs;
    private long told;
    private long toldBefore;

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

    /** Whose reasons are to be told. */
    void reads(@Nullable FastPath opened) {
        fastPath = opened;
    }

    @Override
    public void tick(Datapath datapath, Liveness liveness, long frames, long nowNs) {
        if (part < 0) {
            if (Files.exists(file)) {
                begin(frames, nowNs);
            }
            return;
        }
        String name = PARTS.get(part);
        if (name.equals(END)) {
            return;
        }
        if (!name.equals(QUIET)) {
            tell(datapath, nowNs);
        }
        if (nowNs - beginNs >= partNs) {
            begin(frames, nowNs);
            if (PARTS.get(part).equals(DEAD)) {
                liveness.setInstance(0, false);
            }
        }
    }

    private void begin(long frames, long nowNs) {
        part++;
        beginNs = nowNs;
        toldBefore = told;
        System.out.println("part " + part + " " + PARTS.get(part) + " frames " + frames + " told " + told + " cpu "
                + threads.getCurrentThreadCpuTime() / NS_PER_US + " handed-over " + handedOver());
    }

    /** What the kernel did not repeat since its program was loaded, by reason. */
    private String handedOver() {
        if (fastPath == null) {
            return "";
        }
        return fastPath.counts().entrySet().stream()
                .filter(each -> each.getKey() != PuntReason.REPLAYED)
                .map(each -> each.getKey() + "=" + each.getValue())
                .collect(Collectors.joining(","));
    }

    /** Tells as many as are due. */
    private void tell(Datapath datapath, long nowNs) {
        long due = toldBefore + (nowNs - beginNs) * PER_SECOND / NS_PER_S;
        for (; told < due; told++) {
            int flow = random.nextInt(flows);
            InstructedFlow key = new InstructedFlow(
                    datapath.zone(0, 0, 0),
                    IpProtocols.UDP,
                    CLIENT,
                    BASE_PORT + (flow & ((1 << LOW_BITS) - 1)),
                    SERVER,
                    BASE_PORT + (flow >> LOW_BITS));
            datapath.programs().put(key, FlowPrograms.Action.PATH, 2, false, nowNs + PARTS.size() * partNs, nowNs);
        }
    }
}
