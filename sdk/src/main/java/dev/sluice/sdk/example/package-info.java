/**
 * Service nodes to begin from: an intrusion prevention that programs flows, and a measurement of what the library itself costs.
 *
 * <p>Place: programs on {@link dev.sluice.sdk.ServiceNode}; nothing uses them but people, demos and tests.
 *
 * <p>Threads: the handler is called by the node's thread; the main thread prints figures.
 *
 * <p>Specification: docs/guides/aware-nodes.md. Start reading at {@link dev.sluice.sdk.example.IntrusionPrevention}.
 */
@NullMarked
package dev.sluice.sdk.example;

import org.jspecify.annotations.NullMarked;
