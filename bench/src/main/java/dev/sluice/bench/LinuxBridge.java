package dev.sluice.bench;

import dev.sluice.lab.Namespace;
import java.util.List;
import java.util.Locale;

/**
 * The kernel as a peer: one bridge joins p0 and p2, another p3 and p1, so that everything passes the node between p2 and p3, and with two nodes a third one p3 and p4. Works in soft interrupts; its work is moved to
 * the device's core by receive packet steering. Static, for the benchmark's thread.
 */
final class LinuxBridge {
    /** Connection tracking of all that is forwarded. */
    static final String RULES = """
            table ip track {
              chain forward {
                type filter hook forward priority 0; policy drop;
                ct state established,new accept
              }
            }
            """;

    private LinuxBridge() {}

    /** Only the bridges. */
    static void join(Bed bed) {
        bridge(bed.namespace(), "br0", "p0", "p2");
        if (bed.ports().contains("p5")) {
            bridge(bed.namespace(), "br1", "p3", "p4");
            bridge(bed.namespace(), "br2", "p5", "p1");
        } else {
            bridge(bed.namespace(), "br1", "p3", "p1");
        }
    }

    /** The bridges, and connection tracking on all of them: by way of the IP rules, because not every kernel can track in bridge rules. */
    static void joinTracking(Bed bed) {
        join(bed);
        bed.namespace().sysctl("net.bridge.bridge-nf-call-iptables", "1");
        bed.namespace().execWithInput(List.of("nft", "-f", "-"), RULES);
    }

    /** Bridges on two machines with a wire for each way between them: what joins p0 with the far node, and the far node with p1, without any tunnel. */
    static void joinOverHosts(Bed bed) {
        bed.wireToFar("w0", "w1");
        bridge(bed.namespace(), "br0", "p0", "u0");
        bridge(bed.namespace(), "br1", "p1", "w0");
        bridge(bed.far(), "br2", "u1", "p2");
        bridge(bed.far(), "br3", "p3", "w1");
    }

    /** The bridges on the device's core. */
    static void start(Bed bed) {
        join(bed);
        steer(bed);
    }

    /** The bridges with connection tracking on the device's core. */
    static void startTracking(Bed bed) {
        joinTracking(bed);
        steer(bed);
    }

    /**
     * One bridge between p0 and p1 with connection tracking, and a set of rules for other traffic, which a new flow is asked by: one look-up for all, as nftables does it best.
     */
    static void startTracker(Bed bed, int rules) {
        bridge(bed.namespace(), "br0", "p0", "p1");
        bed.namespace().sysctl("net.bridge.bridge-nf-call-iptables", "1");
        StringBuilder elements = new StringBuilder();
        for (int i = 0; i < rules; i++) {
            elements.append(i == 0 ? "" : ", ")
                    .append(String.format(
                            Locale.ROOT,
                            "%s . %d . %d",
                            BridgePath.otherDestination(i),
                            BridgePath.otherProtocol(i),
                            BridgePath.otherPort(i)));
        }
        String ruleset = """
                table ip track {
                  set others {
                    type ipv4_addr . inet_proto . inet_service
                    flags interval
                    elements = { %s }
                  }
                  chain forward {
                    type filter hook forward priority 0; policy drop;
                    ct state established accept
                    ct state new ip daddr . meta l4proto . th dport @others drop
                    ct state new accept
                  }
                }
                """.formatted(elements);
        bed.namespace().execWithInput(List.of("nft", "-f", "-"), ruleset);
        steer(bed);
    }

    private static void steer(Bed bed) {
        // /sys is that of the namespace inside ip netns exec.
        String mask = Integer.toHexString(1 << Bed.DEVICE_CORE);
        bed.namespace().exec("sh", "-c", "echo " + mask + " > /sys/class/net/p0/queues/rx-0/rps_cpus");
    }

    private static void bridge(Namespace namespace, String name, String a, String b) {
        namespace.configure("link", "add", name, "type", "bridge", "mcast_snooping", "0");
        for (String port : List.of(a, b)) {
            namespace.configure("link", "set", "dev", port, "master", name);
        }
        namespace.configure("link", "set", "dev", name, "up");
        namespace.interfaceNamed(name).quiet();
    }
}
