package dev.sluice.lab;

import dev.sluice.sdk.example.IntrusionPreventionMain;
import java.time.Duration;
import java.util.List;

/** A service node with an agent: the library's example, which looks into payloads, blocks flows, and hands back those in which nothing was found for long enough. */
public final class AwareInspector {
    private static final Duration START = Duration.ofSeconds(20);

    private final LabInterface at;
    private final LabProcess process;

    private AwareInspector(LabInterface at, LabProcess process) {
        this.at = at;
        this.process = process;
    }

    /**
     * Starts it.
     *
     * @param at its interface in the underlay
     * @param address its own address there
     * @param switchAddress where the tunnels of its host end
     * @param forbidden a text that no flow may carry
     * @param clearAfterBytes so many bytes of a flow without it, and the flow is handed back
     */
    public static AwareInspector start(
            LabInterface at, String address, String switchAddress, String forbidden, long clearAfterBytes) {
        LabProcess process = at.namespace()
                .startJava(
                        "inspector",
                        IntrusionPreventionMain.class,
                        List.of(
                                "--listen",
                                address,
                                "--switch",
                                switchAddress,
                                "--text",
                                forbidden,
                                "--clear-after",
                                Long.toString(clearAfterBytes)))
                .awaitReady(START);
        return new AwareInspector(at, process);
    }

    /** Its interface in the underlay. */
    public LabInterface at() {
        return at;
    }

    /** Packets that its interface has received so far, by the kernel's counter. */
    public long receivedPackets() {
        return InterfaceCounters.of(process, at.name()).receivedPackets();
    }

    /** Its own log of flows that it blocked. */
    public List<String> blocked() {
        return linesOf("blocked ");
    }

    /** Its own log of flows that it handed back. */
    public List<String> cleared() {
        return linesOf("cleared ");
    }

    private List<String> linesOf(String word) {
        return process.lines().stream().filter(line -> line.startsWith(word)).toList();
    }
}
