package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.PacketFilter;
import java.time.Duration;

/** A download crosses the firewall in both directions: its own counters say so. */
final class AllowedTraffic implements Step {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Override
    public String title() {
        return "allowed traffic passes through the firewall, both ways";
    }

    @Override
    public String run(Stage stage) {
        PacketFilter filter = stage.scene().firewall().filter();
        PacketFilter.Count forwardBefore = filter.forward();
        PacketFilter.Count reverseBefore = filter.reverse();
        long bytes = stage.scale().downloadBytes();
        long startNs = System.nanoTime();
        HttpService.Request download =
                stage.scene().web().request(stage.scene().client(), Scene.SERVER, "/file/" + bytes, PATIENCE);
        Download.note(stage.findings(), "download", download, bytes);
        String took = Figures.since(startNs);
        PacketFilter.Count forward = filter.forward();
        PacketFilter.Count reverse = filter.reverse();
        long packets = forward.packets() - forwardBefore.packets();
        long reverseBytes = reverse.bytes() - reverseBefore.bytes();
        stage.findings()
                .add("firewall's counter, to the server", Figures.number(packets) + " packets", "> 0", packets > 0);
        stage.findings()
                .add(
                        "firewall's counter, to the client",
                        Figures.number(reverseBytes) + " bytes",
                        ">= " + Figures.number(bytes),
                        reverseBytes >= bytes);
        return Figures.number(bytes) + " bytes in " + took;
    }
}
