/**
 * What a node answers to its administrators, as records that become JSON field by field.
 *
 * <p>Place: lowest in {@code agent}; the command line, the metrics and the administration socket read them. Threads: values, any. Specification: the
 * component docs here are the contract of {@code --output json}. Start reading at {@link dev.sluice.agent.report.StatusReport}.
 */
@NullMarked
package dev.sluice.agent.report;

import org.jspecify.annotations.NullMarked;
