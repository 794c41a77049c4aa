/**
 * What is doubtful about the rules of a snapshot (X4): rules that can never match, rules that contradict each other, flows that pass around a chain that
 * fails closed.
 *
 * <p>Place: between the data path's tables and the commands that show findings; knows no objects of users. Threads: none of its own, everything here has one
 * user. Specification: packet-life.md, classify. Start with {@code Analysis}, then {@code Space} (packets as boxes of numbers) and {@code UncoveredSearch} (is
 * there a packet left).
 */
@NullMarked
package dev.sluice.agent.analysis;

import org.jspecify.annotations.NullMarked;
