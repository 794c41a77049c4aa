/**
 * Which rule a packet matches: rules, what they match, and the table that finds the first one.
 *
 * <p>Purpose: one look-up that does not grow with the number of rules, for each new flow. Place: below {@code datapath}, whose stages ask it; uses {@code wire}. Threads: all
 * is immutable and shared but for {@link dev.sluice.datapath.rules.RuleCounters}, which have the worker as their one writer, and
 * {@link dev.sluice.datapath.rules.PacketFields}, which belong to whoever has the packet. Specification: docs/reference/packet-life.md, classify. Start reading at
 * {@link dev.sluice.datapath.rules.Classifier}.
 *
 * <p>Public for the stages of the data path only, not for configuration and people: {@link dev.sluice.datapath.rules.Observer} and what
 * {@link dev.sluice.datapath.rules.Group} says about its rules.
 */
@NullMarked
package dev.sluice.datapath.rules;

import org.jspecify.annotations.NullMarked;
