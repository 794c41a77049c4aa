/**
 * Capture files: pcapng written, classic pcap and pcapng read.
 *
 * <p>Purpose: frames for and from Wireshark and its kin. Place: in {@code wire}, used by {@code agent} and {@code cli}, never on the way of a packet; allocates. Threads: an object
 * has one user. Specification: draft-ietf-opsawg-pcapng, draft-ietf-opsawg-pcap; docs/guides/tracing.md. Start reading at {@link
 * dev.sluice.wire.capture.PcapngWriter}.
 */
@NullMarked
package dev.sluice.wire.capture;

import org.jspecify.annotations.NullMarked;
