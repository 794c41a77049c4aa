/**
 * What a router has to say of packets that do not fit or get nowhere, and packets that it cuts.
 *
 * <p>Purpose: ICMP errors, as many as their rate allows, and fragments of what may be fragmented. Place: above {@code stage}; stages that forward ask it. Threads: the worker's. Specification: docs/reference/packet-life.md, errors and leave;
 * RFC 1812 4.3, RFC 4443, RFC 791. Start reading at {@link dev.sluice.datapath.errors.IcmpErrors}.
 */
@NullMarked
package dev.sluice.datapath.errors;

import org.jspecify.annotations.NullMarked;
