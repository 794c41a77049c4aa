/**
 * The configuration of a node in compiled form: ports, routers, targets and their paths, nodes, segments, what is shared with other hosts.
 *
 * <p>Purpose: everything that a worker looks up and nothing that it changes, but for counters. Place: above {@code rules}, {@code route} and {@code packet}; made by whoever compiles objects, read by
 * all stages. Threads: immutable and shared; counters of paths and nodes have the worker as their one writer. Specification: docs/reference/packet-life.md, configuration; docs/reference/objects.md for what it is made
 * from. Start reading at {@link dev.sluice.datapath.snapshot.Snapshot}.
 */
@NullMarked
package dev.sluice.datapath.snapshot;

import org.jspecify.annotations.NullMarked;
