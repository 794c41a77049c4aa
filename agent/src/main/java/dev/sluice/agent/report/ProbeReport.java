package dev.sluice.agent.report;

import java.util.List;

/**
 * What probes say of a service instance.
 *
 * @param kind through or icmp
 * @param state answers, silent, or waiting for the first answer
 * @param forMs how long that has been so
 * @param rounds rounds of probes sent
 * @param lost probes lost since probing began, by direction: entered at in, entered at out (icmp: sent to in, sent to out)
 * @param roundTripUs last round trip in microseconds, likewise; -1: none yet
 * @param deaths deaths within a minute of each other, by which the hold-down grows
 */
public record ProbeReport(
        String kind, String state, long forMs, long rounds, List<Long> lost, List<Long> roundTripUs, int deaths) {}
