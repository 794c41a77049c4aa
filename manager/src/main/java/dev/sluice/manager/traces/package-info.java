/**
 * Traces as objects: questions about packets, answered by hosts. Threads: {@link dev.sluice.manager.traces.TraceService} has one, everything else is called. Specification:
 * X3, ADR 43. Start reading at {@link dev.sluice.manager.traces.TraceService}.
 */
@NullMarked
package dev.sluice.manager.traces;

import org.jspecify.annotations.NullMarked;
