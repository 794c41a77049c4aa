package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code macs}.
 *
 * @param macs MAC addresses that the logical switches of the node know, by switch and address
 */
public record MacsReport(List<MacReport> macs) {
    /**
     * A MAC address.
     *
     * @param logicalSwitch name of the switch
     * @param mac as written by people
     * @param place name of the port that it is at, or {@code node NAME}
     * @param idleMs how long ago a frame came from it
     */
    public record MacReport(String logicalSwitch, String mac, String place, long idleMs) {}
}
