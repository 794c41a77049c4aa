package dev.sluice.agent.report;

import java.util.List;

/**
 * What probes say of a service instance.
 *
 * @param kind through, icmp, arp, tcp, http or bfd
 * @param state answers, silent, or waiting for the first answer; of bfd also held down: the sessions are up, but the node died too often
 * @param forMs how long that has been so
 * @param rounds rounds of probes sent; of bfd packets
 * @param lost probes lost since probing began, by direction: entered at in, entered at out (icmp, arp: sent to in, sent to out; tcp and http: one; bfd: none)
 * @param roundTripUs last round trip in microseconds, likewise; -1: none yet
 * @param deaths deaths within a minute of each other, by which the hold-down grows
 * @param note of bfd: its sessions; else empty
 */
public record ProbeReport(
        String kind,
        String state,
        long forMs,
        long rounds,
        List<Long> lost,
        List<Long> roundTripUs,
        int deaths,
        String note) {}
