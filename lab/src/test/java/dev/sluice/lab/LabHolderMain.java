package dev.sluice.lab;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** For tests: holds a lab until it is ended; {@code --mode hold|grow|ping}. */
public final class LabHolderMain {
    private LabHolderMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) {
        String mode = ProgramOptions.parse(arguments).text("mode");
        System.out.println("privilege " + Privilege.decide().kind());
        Topology topology = Topology.create();
        Namespace a = topology.namespace("a");
        Namespace b = topology.namespace("b");
        Wire wire = topology.wire(a, "eth0", b, "eth0");
        wire.a().address("10.0.0.1/24").address("fd00::1/64");
        wire.b().address("10.0.0.2/24").address("fd00::2/64");
        if (mode.equals("ping")) {
            HttpService http = HttpService.start(b, 80);
            System.out.println("pings " + a.pings("10.0.0.2") + " " + a.pings("fd00::2") + " "
                    + http.get(a, "10.0.0.2", "/file/1000", Duration.ofSeconds(5))
                            .bytes());
            Namespace f = topology.namespace("f");
            BridgeFirewall firewall = BridgeFirewall.create(
                    topology.wire(a, "eth1", f, "in").b(),
                    topology.wire(f, "out", b, "eth1").a());
            a.interfaceNamed("eth1").address("10.1.0.1/24");
            b.interfaceNamed("eth1").address("10.1.0.2/24");
            System.out.println("firewall " + a.pings("10.1.0.2") + " "
                    + (firewall.filter().forward().packets() > 0));
            topology.close();
            System.out.println("left " + Namespaces.ofLabs().size());
            return;
        }
        b.start("sleeper", List.of("sleep", "600"));
        System.out.println("ready");
        for (int i = 0; mode.equals("grow"); i++) {
            topology.wire(topology.namespace("n" + i), "up", a, "down" + i);
        }
        LockSupport.park();
    }
}
