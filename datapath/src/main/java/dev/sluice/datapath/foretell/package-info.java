/**
 * What would happen to a packet, without any happening.
 *
 * <p>Purpose: the production stages over frames of their own, looking into the tables of the worker and changing nothing there. Place: above all of {@code datapath}; nothing there uses it. Threads: made by
 * any thread, asked on the worker's between two batches. Specification: docs/adr/0009-foretelling-by-copies.md. Start reading at {@link dev.sluice.datapath.foretell.Foretelling}.
 */
@NullMarked
package dev.sluice.datapath.foretell;

import org.jspecify.annotations.NullMarked;
