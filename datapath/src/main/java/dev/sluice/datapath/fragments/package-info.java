/**
 * Fragments: which datagram each is of, and which ports that has.
 *
 * <p>Purpose: later fragments go the way of their first one, wait a moment for it, and are dropped where they contradict it. Place: above {@code stage}; asked before anything else is decided of a packet. Threads: the worker's.
 * Specification: docs/reference/packet-life.md, fragments; RFC 791, RFC 8200 4.5, RFC 5722. Start reading at {@link dev.sluice.datapath.fragments.Fragments}.
 */
@NullMarked
package dev.sluice.datapath.fragments;

import org.jspecify.annotations.NullMarked;
