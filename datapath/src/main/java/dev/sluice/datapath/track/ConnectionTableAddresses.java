package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.getLong;
import static dev.sluice.datapath.track.ConnectionTableRecord.putByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putLong;

import dev.sluice.datapath.rules.PacketFields;
import java.lang.foreign.MemorySegment;

/**
 * The addresses of the connections of a table. One writer: that of the table. No allocation but that of {@link ConnectionTableExtras}.
 *
 * <p>Two IPv4 addresses stand in the record, in 8 bytes. All other pairs, of one IPv4 address and another one too, stand among the extras, and the record says where. Which of the two it is depends on
 * the addresses alone, so a key is compared with records of its own kind only, and IPv4 never looks among the extras. What each packet asks of IPv4 is static over the caller's own memory: the compiler
 * then knows that it has looked at that segment before.
 */
final class ConnectionTableAddresses {
    /** Upper half of the lower 64 bits of an IPv4-mapped address (RFC 4291 2.5.5.2). */
    private static final long MAPPED = 0xffff_0000_0000L;

    private static final long LOW = 0xffff_ffffL;

    private final MemorySegment records;
    private final ConnectionTableExtras extras;

    ConnectionTableAddresses(MemorySegment records, ConnectionTableExtras extras) {
        this.records = records;
        this.extras = extras;
    }

    /** Whether both addresses are IPv4. */
    static boolean isNarrow(PacketFields key) {
        long others = (key.sourceLo ^ MAPPED) | (key.destinationLo ^ MAPPED);
        return (key.sourceHi | key.destinationHi | (others >>> 32)) == 0;
    }

    /** Two IPv4 addresses as a record has them. */
    private static long word(PacketFields key) {
        return (key.sourceLo & LOW) | (key.destinationLo << 32);
    }

    boolean isWide(int slot) {
        return (getByte(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.OWN_BITS)
                        & ConnectionTableRecord.WIDE)
                != 0;
    }

    private int number(int slot) {
        return getInt(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.ADDRESSES);
    }

    long sourceHi(int slot) {
        return isWide(slot) ? wide(slot, ConnectionTableExtras.SOURCE_HI) : 0;
    }

    long sourceLo(int slot) {
        return isWide(slot) ? wide(slot, ConnectionTableExtras.SOURCE_LO) : MAPPED | (narrow(slot) & LOW);
    }

    long destinationHi(int slot) {
        return isWide(slot) ? wide(slot, ConnectionTableExtras.DESTINATION_HI) : 0;
    }

    long destinationLo(int slot) {
        return isWide(slot) ? wide(slot, ConnectionTableExtras.DESTINATION_LO) : MAPPED | (narrow(slot) >>> 32);
    }

    private long narrow(int slot) {
        return getLong(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.ADDRESSES);
    }

    private long wide(int slot, int offset) {
        int number = number(slot);
        return getLong(extras.piece(number), extras.at(number) + offset);
    }

    /** Whether a connection has this key, of two IPv4 addresses: its identity in either direction, and the addresses that go with it. */
    static boolean matchNarrow(MemorySegment records, int slot, PacketFields key, long forward, long reverse) {
        long at = ConnectionTableRecord.at(slot);
        long identity = getLong(records, at + ConnectionTableRecord.IDENTITY);
        long addresses = getLong(records, at + ConnectionTableRecord.ADDRESSES);
        long there = word(key);
        return ((identity == forward && addresses == there)
                        || (identity == reverse && addresses == Long.rotateLeft(there, 32)))
                && (getByte(records, at + ConnectionTableRecord.OWN_BITS) & ConnectionTableRecord.WIDE) == 0;
    }

    /** The same for all other keys. */
    boolean matchWide(int slot, PacketFields key, long forward, long reverse) {
        long identity = getLong(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.IDENTITY);
        return isWide(slot)
                && ((identity == forward && wideIs(slot, key, 0)) || (identity == reverse && wideIs(slot, key, 16)));
    }

    /** Whether the addresses among the extras are those of a key; turned by 16 bytes: the other way round. */
    private boolean wideIs(int slot, PacketFields key, int turned) {
        int number = number(slot);
        MemorySegment m = extras.piece(number);
        long source = extras.at(number) + turned;
        long destination = extras.at(number) + 16 - turned;
        return getLong(m, source + 8) == key.sourceLo
                && getLong(m, destination + 8) == key.destinationLo
                && getLong(m, source) == key.sourceHi
                && getLong(m, destination) == key.destinationHi;
    }

    /** Whether the source of a connection of two IPv4 addresses is not that of a key. */
    static boolean isOtherNarrowSource(MemorySegment records, int slot, PacketFields key) {
        long source =
                MAPPED | (getLong(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.ADDRESSES) & LOW);
        return ((source ^ key.sourceLo) | key.sourceHi) != 0;
    }

    /** Whether the source of any other connection is not that of a key. */
    boolean isOtherWideSource(int slot, PacketFields key) {
        return wide(slot, ConnectionTableExtras.SOURCE_LO) != key.sourceLo
                || wide(slot, ConnectionTableExtras.SOURCE_HI) != key.sourceHi;
    }

    /** Writes the addresses of a new connection, whose own bits are 0. */
    void put(int slot, PacketFields key) {
        long at = ConnectionTableRecord.at(slot);
        if (isNarrow(key)) {
            putLong(records, at + ConnectionTableRecord.ADDRESSES, word(key));
            return;
        }
        int number = extras.take(ConnectionTableExtras.ADDRESSES_BYTES);
        MemorySegment m = extras.piece(number);
        long entry = extras.at(number);
        putLong(m, entry + ConnectionTableExtras.SOURCE_HI, key.sourceHi);
        putLong(m, entry + ConnectionTableExtras.SOURCE_LO, key.sourceLo);
        putLong(m, entry + ConnectionTableExtras.DESTINATION_HI, key.destinationHi);
        putLong(m, entry + ConnectionTableExtras.DESTINATION_LO, key.destinationLo);
        putInt(records, at + ConnectionTableRecord.ADDRESSES, number);
        putInt(records, at + ConnectionTableRecord.ADDRESSES + 4, 0);
        putByte(records, at + ConnectionTableRecord.OWN_BITS, ConnectionTableRecord.WIDE);
    }

    /** Gives back what the addresses of a connection that goes took. */
    void release(int slot) {
        if (isWide(slot)) {
            extras.give(number(slot), ConnectionTableExtras.ADDRESSES_BYTES);
        }
    }

    /** Whether what a record says of the place of its addresses can be. */
    boolean isSound(int slot) {
        return !isWide(slot) || extras.mayBe(number(slot), ConnectionTableExtras.ADDRESSES_BYTES);
    }

    /** Reads the line in which the addresses of a connection lie, where that is not its record's. */
    long read(int slot) {
        return isWide(slot) ? wide(slot, ConnectionTableExtras.SOURCE_HI) : 0;
    }
}
