package dev.sluice.agent.report;

/**
 * The latest time that the flows of a chain were spread anew.
 *
 * @param chain name of the chain
 * @param state waiting, moving, even, uneven or stopped
 * @param reason why it began
 * @param flowsPerSecond flows that are told to move at most
 * @param asked flows that were told to move
 * @param moved flows that did
 */
public record RebalanceReport(String chain, String state, String reason, int flowsPerSecond, long asked, long moved) {}
