package dev.sluice.agent.doctor;

import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.ports.Claim;
import dev.sluice.ports.HostProbe;
import dev.sluice.ports.HostProbe.Offload;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The interfaces of a node: there, up, which XDP mode, offloads, sizes. One user. */
final class InterfaceExamination {
    /** Drivers of the kernel's tree that run XDP programs themselves; others run them later, in generic mode. */
    private static final Set<String> NATIVE = Set.of(
            "veth",
            "tun",
            "virtio_net",
            "ixgbe",
            "ixgbevf",
            "i40e",
            "iavf",
            "ice",
            "igb",
            "igc",
            "e1000e",
            "mlx4_en",
            "mlx5_core",
            "ena",
            "bnxt_en",
            "nfp",
            "qede",
            "sfc",
            "mvneta",
            "mvpp2",
            "stmmac",
            "hv_netvsc",
            "gve",
            "dpaa2-eth",
            "xen-netfront",
            "tsnep",
            "enetc",
            "fec",
            "am65-cpsw-nuss");

    private static final String NET = "sys/class/net/";

    private final HostFiles files;
    private final String node;
    private final List<Line> lines;

    /** @param node the node that is to have the interfaces; empty: it is not known */
    InterfaceExamination(HostFiles files, String node, List<Line> lines) {
        this.files = files;
        this.node = node;
        this.lines = lines;
    }

    private void add(State state, String subject, String found, String advice) {
        lines.add(new Line(state, subject, found, advice));
    }

    void look(String name) {
        String subject = "interface " + name;
        if (files.equals(HostFiles.HOST)) {
            Claim.holderOf(name).ifPresent(holder -> held(subject, holder));
        }
        if (!files.exists(NET + name)) {
            add(State.PROBLEM, subject, "does not exist in this network namespace", "check the name: ip link");
            return;
        }
        long flags =
                files.read(NET + name + "/flags").map(text -> Long.decode(text)).orElse(0L);
        boolean up = (flags & 1) != 0;
        boolean carrier = files.read(NET + name + "/carrier").orElse("0").equals("1");
        add(
                up && carrier ? State.OK : State.WARNING,
                subject,
                !up ? "down" : carrier ? "up" : "up, without carrier",
                !up ? "ip link set " + name + " up" : carrier ? "" : "check the cable, or the other end of the veth");
        driver(name, subject);
        offloads(name, subject);
    }

    private void held(String subject, Claim.Holder holder) {
        boolean other = !node.isEmpty() && !holder.node().equals(node);
        add(
                other ? State.WARNING : State.OK,
                subject + " holder",
                holder.toString(),
                other ? "node " + node + " gets it only when that one has ended; an interface is for one node" : "");
    }

    private void driver(String name, String subject) {
        Optional<String> driver = files.linkName(NET + name + "/device/driver");
        boolean physical = driver.isPresent();
        boolean nativeMode = physical && NATIVE.contains(driver.get());
        String found = physical
                ? "driver " + driver.get() + (nativeMode ? ", XDP in the driver" : ", XDP only in generic mode")
                : "made of software: af_packet is chosen, it keeps large segments whole";
        add(
                !physical || nativeMode ? State.OK : State.WARNING,
                subject + " XDP",
                found,
                !physical || nativeMode
                        ? ""
                        : "generic AF_XDP is no faster than af_packet: driver: af_packet in the Port is as good");
        fastPath(name, subject, physical);
        if (files.exists(NET + name + "/master")) {
            add(
                    State.WARNING,
                    subject + " master",
                    "member of " + files.linkName(NET + name + "/master").orElse("a bridge or bond"),
                    "the bridge gets a copy of every frame: ip link set " + name + " nomaster");
        }
    }

    /** Which hook {@code sluice run --fast-path auto} takes, and what the other one needs (docs/adr/0029). */
    private void fastPath(String name, String subject, boolean physical) {
        Optional<Boolean> takes = HostProbe.takesXdpFrames(name);
        String sends = takes.map(yes -> yes ? "; takes frames from XDP" : "; takes no frames from XDP, those go by tc")
                .orElse("");
        add(
                State.OK,
                subject + " fast path",
                (physical ? "auto: xdp" : "auto: tc, which keeps large segments whole") + sends,
                physical
                        ? ""
                        : "for --fast-path xdp on a veth, at its other end: ethtool -K PEER tx off txvlan off gro on");
    }

    private void offloads(String name, String subject) {
        List<String> words = new ArrayList<>();
        boolean known = true;
        boolean cuts = false;
        for (Offload offload : Offload.values()) {
            Optional<Boolean> on = HostProbe.offload(name, offload);
            words.add(offload.name() + " " + on.map(Doctor::word).orElse("unknown"));
            known &= on.isPresent();
            cuts |= on.orElse(false);
        }
        boolean physical = files.linkName(NET + name + "/device/driver").isPresent();
        add(
                known && !(physical && cuts) ? State.OK : State.WARNING,
                subject + " offloads",
                String.join(", ", words),
                !known
                        ? "the kernel does not say; look with: ethtool -k " + name
                        : physical && cuts
                                ? "AF_XDP gets joined segments cut or not at all: ethtool -K " + name
                                        + " gro off lro off; af_packet likes them on"
                                : "");
    }
}
