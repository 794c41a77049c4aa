package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.util.Arrays;

/** {@code ./dev bench NAME [options]}: runs one benchmark, prints it and writes {@code target/bench/NAME.json}. */
public final class Main {
    private static final String USAGE = """
            usage: ./dev bench NAME [--OPTION VALUE ...]

              io     P1: plain forwarding between two ports, Java beside a forwarder in C
              path   P2: through one service node and back to the destination, beside Open vSwitch and the Linux bridge
              fastpath P3: journeys repeated in the kernel, beside bare redirects, Open vSwitch and Linux with nftables
              stages   P3: what a packet costs in the kernel's program, by what is done to it
              tcp    P4: TCP through service nodes, beside the Linux bridge
              tracker  P5: parse, track and act in memory, beside the memory accesses alone
              classifier P7: look-ups among 10,000 and 100,000 rules, beside DPDK's rte_acl
              newflows P6: flows decided per second with 10,000 rules, in memory
              memory   P8: bytes per tracked flow, beside nf_conntrack
              change   P9: putting a configuration in force with 10M flows, beside 1k flows
              crafted  F10: look-ups made up to be slow, beside ordinary ones, in memory; status 1 below 0.8
              overlay  P11: the same path with the node behind another switch, in memory
              control P13: a rule change to the last of 1,000 simulated agents, with 10,000 rules
              stampede X1: 1,000 instructions per second and a node that dies, beside 1M flows that the kernel repeats
              start  P14: commands from start to end, and a node until it answers, beside java -version
              gc     P10: bytes allocated per packet, collections of a node under traffic; status 1 if there are any

            options (defaults)
              --rounds N     rounds in which each side runs once, in turn (5)
              --seconds N    measured time of each run (3; gc: 60, stampede: 10 for each of three parts)
              --warmup N     load before it, which is not measured (5; stampede: 20)
              --flows N      flows of the load, a power of two (io, fastpath 64, path 4096, gc, stages and stampede 1048576)
              --node MODE    path: what the service node does its bridging with: tc or xdp (tc)
              --only A,B     runs these sides only, by their names; no ratios then
            """;

    private Main() {}

    /** Runs a benchmark; status 0 if it ran to its end, 1 if a hard goal was missed or something failed, 2 for wrong arguments. */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) {
        if (arguments.length == 0) {
            System.out.print(USAGE);
            return 0;
        }
        try {
            Options options = Options.parse(Arrays.asList(arguments).subList(1, arguments.length));
            return switch (arguments[0]) {
                case "io" -> IoBench.run(options);
                case "path" -> PathBench.run(options);
                case "fastpath" -> FastPathBench.run(options);
                case "stages" -> StagesBench.run(options);
                case "tcp" -> TcpBench.run(options);
                case "tracker" -> TrackerBench.run(options);
                case "classifier" -> ClassifierBench.run(options);
                case "newflows" -> NewFlowsBench.run(options);
                case "memory" -> MemoryBench.run();
                case "crafted" -> CraftedBench.run(options);
                case "change" -> ChangeBench.run(options);
                case "overlay" -> OverlayBench.run(options);
                case "control" -> ControlBench.run(options);
                case "stampede" -> StampedeBench.run(options);
                case "start" -> StartBench.run(options);
                case "gc" -> GcBench.run(options);
                default -> {
                    System.err.println(
                            "bench: no benchmark '" + arguments[0]
                                    + "'; choose io, path, fastpath, stages, tcp, tracker, classifier, newflows, memory, change, crafted, overlay, control, stampede, start or gc");
                    yield 2;
                }
            };
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            return 2;
        } catch (LabException e) {
            System.err.println("bench: " + e.getMessage());
            return 1;
        }
    }
}
