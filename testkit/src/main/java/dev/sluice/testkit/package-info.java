/**
 * What tests are made of: packets in words, a switch in memory, golden traces, the reference model.
 *
 * <p>Purpose: tests read as sentences over this language. Place: may use anything; no product module uses it. Threads: none, one test one
 * thread. Specification: docs/reference/packet-life.md. Start reading at {@link dev.sluice.testkit.TestPacket} and {@link dev.sluice.testkit.MemorySwitch}.
 */
@NullMarked
package dev.sluice.testkit;

import org.jspecify.annotations.NullMarked;
