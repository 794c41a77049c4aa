/**
 * Traces and captures as objects: questions about packets, answered by hosts. Threads: {@link dev.sluice.manager.traces.TraceService} and
 * {@link dev.sluice.manager.traces.CaptureService} have one each, everything else is called. Specification: X3, ADR 43 and 44. Start reading at
 * {@link dev.sluice.manager.traces.AskingService}.
 */
@NullMarked
package dev.sluice.manager.traces;

import org.jspecify.annotations.NullMarked;
