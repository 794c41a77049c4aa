/**
 * The reference model: what the data path should do, said a second time, slowly and plainly, and the comparison of both.
 *
 * <p>Purpose: random configurations and packets go through the production data path and through {@link dev.sluice.testkit.reference.ReferenceModel}; any
 * difference is shrunk to a few events and printed. Place: test support. The model is written from docs/reference/packet-life.md; it reads the same plain tables
 * (rules, paths, attachments, ports, route entries) and shares no decision code with the data path. Threads: one comparison, one thread. Specification:
 * docs/reference/packet-life.md. Start reading at {@link dev.sluice.testkit.reference.ReferenceModel}, then {@link dev.sluice.testkit.reference.Comparison}.
 */
@NullMarked
package dev.sluice.testkit.reference;

import org.jspecify.annotations.NullMarked;
