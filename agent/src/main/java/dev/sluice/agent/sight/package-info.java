/**
 * What people see of packets: foretold ways, live traces, captures, flows that are followed, hits and the log of rules, the analysis of rules.
 *
 * <p>Place: above {@code worker} and {@code configuration}; sees, changes nothing. Threads: observers run on the worker's thread and only copy; words are made
 * on the client's. Specification: X3, X4, X12. Start reading at {@link dev.sluice.agent.sight.Tracing} and {@link dev.sluice.agent.sight.Foreteller}.
 */
@NullMarked
package dev.sluice.agent.sight;

import org.jspecify.annotations.NullMarked;
