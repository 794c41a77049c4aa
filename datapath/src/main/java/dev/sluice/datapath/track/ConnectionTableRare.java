package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.getLong;
import static dev.sluice.datapath.track.ConnectionTableRecord.getShort;
import static dev.sluice.datapath.track.ConnectionTableRecord.putByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putLong;
import static dev.sluice.datapath.track.ConnectionTableRecord.putShort;

import java.lang.foreign.MemorySegment;

/**
 * Fields that few connections of a table have, the upper bits of large counters among them; layout in {@link ConnectionTableRecord}. One writer: that of the table. No allocation but that of
 * {@link ConnectionTableExtras}.
 *
 * <p>The number of a connection's entry stands where its egress ports stood, which move into the entry: so a packet finds both without a look at the side record.
 */
final class ConnectionTableRare {
    private static final int L2 = 0;
    private static final int EGRESS = 8;
    private static final int LINK = 12;
    private static final int PACKETS = 16;
    private static final int WORD = 24;
    private static final int SKIP_SHIFT = 56;

    private static final int PACKETS_LOW_BITS = 16;
    private static final int BYTES_LOW_BITS = 24;
    private static final int WORD_BYTES_BITS = 40;
    private static final long WORD_BYTES = (1L << WORD_BYTES_BITS) - 1;
    private static final long WORD_PACKETS = 0xffffL << WORD_BYTES_BITS;

    private final MemorySegment records;
    private final MemorySegment side;
    private final ConnectionTableExtras extras;

    ConnectionTableRare(MemorySegment records, MemorySegment side, ConnectionTableExtras extras) {
        this.records = records;
        this.side = side;
        this.extras = extras;
    }

    private int own(int slot) {
        return getByte(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.OWN_BITS);
    }

    boolean has(int slot) {
        return (own(slot) & ConnectionTableRecord.RARE) != 0;
    }

    int number(int slot) {
        return getInt(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.EGRESS);
    }

    /** The number of a connection's entry, which is made if it has none. */
    private int make(int slot) {
        if (has(slot)) {
            return number(slot);
        }
        long packetsForward = highPackets(slot, 0);
        long packetsReverse = highPackets(slot, 1);
        long bytesForward = highBytes(slot, 0);
        long bytesReverse = highBytes(slot, 1);
        int number = extras.take(ConnectionTableExtras.RARE_BYTES);
        MemorySegment m = extras.piece(number);
        long at = extras.at(number);
        for (int offset = 0; offset < ConnectionTableExtras.RARE_BYTES; offset += 8) {
            putLong(m, at + offset, 0);
        }
        putInt(m, at + EGRESS, number(slot));
        putHigh(number, 0, packetsForward, bytesForward);
        putHigh(number, 1, packetsReverse, bytesReverse);
        long record = ConnectionTableRecord.at(slot);
        putInt(records, record + ConnectionTableRecord.EGRESS, number);
        putByte(records, record + ConnectionTableRecord.OWN_BITS, own(slot) | ConnectionTableRecord.RARE);
        return number;
    }

    // The getters are for connections that have an entry; whether they do, their callers have read with other bits.

    int egressPort(int slot, int direction) {
        int number = number(slot);
        return getShort(extras.piece(number), extras.at(number) + EGRESS + direction * 2L);
    }

    void putEgressPort(int slot, int direction, int value) {
        if (has(slot)) {
            int number = number(slot);
            putShort(extras.piece(number), extras.at(number) + EGRESS + direction * 2L, value);
        } else {
            long record = ConnectionTableRecord.at(slot);
            putShort(records, record + ConnectionTableRecord.EGRESS + direction * 2L, value);
        }
    }

    int l2(int slot, int direction) {
        int number = number(slot);
        return getInt(extras.piece(number), extras.at(number) + L2 + direction * 4L);
    }

    void putL2(int slot, int direction, int value) {
        if (value != 0 || has(slot)) {
            int number = make(slot);
            putInt(extras.piece(number), extras.at(number) + L2 + direction * 4L, value);
        }
    }

    /** Slot + 1, 0 none. */
    int link(int slot) {
        int number = number(slot);
        return getInt(extras.piece(number), extras.at(number) + LINK);
    }

    void putLink(int slot, int value) {
        if (value != 0 || has(slot)) {
            int number = make(slot);
            putInt(extras.piece(number), extras.at(number) + LINK, value);
        }
    }

    int skipMask(int slot, int direction) {
        int number = number(slot);
        return (int) (getLong(extras.piece(number), extras.at(number) + WORD + direction * 8L) >>> SKIP_SHIFT);
    }

    void putSkipMask(int slot, int direction, int value) {
        if (value != 0 || has(slot)) {
            int number = make(slot);
            MemorySegment m = extras.piece(number);
            long at = extras.at(number) + WORD + direction * 8L;
            long others = getLong(m, at) & (WORD_BYTES | WORD_PACKETS);
            putLong(m, at, others | ((long) value << SKIP_SHIFT));
        }
    }

    // Counters: the low bits stand in the record; the next ones in the side record, unless it is on a list; all upper
    // ones here, if there is an entry.

    long packets(int slot, int direction) {
        return lowPackets(slot, direction) | (highPackets(slot, direction) << PACKETS_LOW_BITS);
    }

    /** The low 16 bits of {@link #packets}, which stand in the record. */
    int lowPackets(int slot, int direction) {
        long record = ConnectionTableRecord.at(slot);
        int low = getInt(records, record + ConnectionTableRecord.COUNTED + direction * 4L) >>> BYTES_LOW_BITS;
        return low | (getByte(records, record + ConnectionTableRecord.PACKETS_MIDDLE + direction) << 8);
    }

    long bytes(int slot, int direction) {
        long record = ConnectionTableRecord.at(slot);
        long low = getInt(records, record + ConnectionTableRecord.COUNTED + direction * 4L) & 0xff_ffff;
        return low | (highBytes(slot, direction) << BYTES_LOW_BITS);
    }

    /** Counts packets in their record, or takes them back; false, and nothing done, if that carries into what lies elsewhere. */
    static boolean count(MemorySegment records, int slot, int direction, long packets, long bytes) {
        long at = ConnectionTableRecord.at(slot) + ConnectionTableRecord.COUNTED + direction * 4L;
        int counted = getInt(records, at);
        long bytesSum = (counted & 0xff_ffffL) + bytes;
        long packetsSum = (counted >>> BYTES_LOW_BITS) + packets;
        if (((bytesSum >>> BYTES_LOW_BITS) | (packetsSum >>> 8)) == 0) {
            putInt(records, at, ((int) packetsSum << BYTES_LOW_BITS) | (int) bytesSum);
            return true;
        }
        return false;
    }

    /** Counts packets, in their record and elsewhere. */
    void add(int slot, int direction, long packets, long bytes) {
        if (!count(records, slot, direction, packets, bytes)) {
            put(slot, direction, packets(slot, direction) + packets, bytes(slot, direction) + bytes);
        }
    }

    /** Sets the counters of a direction, unsigned. */
    void put(int slot, int direction, long packets, long bytes) {
        long packetsHigh = packets >>> PACKETS_LOW_BITS;
        long bytesHigh = bytes >>> BYTES_LOW_BITS;
        if (packetsHigh != highPackets(slot, direction) || bytesHigh != highBytes(slot, direction)) {
            boolean fits = !has(slot) && !isOnList(slot) && (packetsHigh | bytesHigh) >>> 16 == 0;
            if (fits) {
                long at = sideCountedAt(slot, direction);
                putShort(side, at, (int) packetsHigh);
                putShort(side, at + 2, (int) bytesHigh);
            } else {
                putHigh(make(slot), direction, packetsHigh, bytesHigh);
            }
        }
        long record = ConnectionTableRecord.at(slot);
        putInt(
                records,
                record + ConnectionTableRecord.COUNTED + direction * 4L,
                ((int) packets << BYTES_LOW_BITS) | ((int) bytes & 0xff_ffff));
        putByte(records, record + ConnectionTableRecord.PACKETS_MIDDLE + direction, (int) packets >>> 8);
    }

    /** Makes room for neighbours on a list where counters are. To be called before a connection joins one. */
    void clearSide(int slot) {
        long at = sideCountedAt(slot, 0);
        if (!has(slot) && getLong(side, at) != 0) {
            make(slot);
        }
        putLong(side, at, 0);
    }

    private boolean isOnList(int slot) {
        return (own(slot) & ConnectionTableRecord.LIST_MASK) != 0;
    }

    private long highPackets(int slot, int direction) {
        if (has(slot)) {
            int number = number(slot);
            MemorySegment m = extras.piece(number);
            long at = extras.at(number);
            long top = (getLong(m, at + WORD + direction * 8L) & WORD_PACKETS) >>> WORD_BYTES_BITS;
            return (top << 32) | (getInt(m, at + PACKETS + direction * 4L) & 0xffff_ffffL);
        }
        return isOnList(slot) ? 0 : getShort(side, sideCountedAt(slot, direction));
    }

    private long highBytes(int slot, int direction) {
        if (has(slot)) {
            int number = number(slot);
            return getLong(extras.piece(number), extras.at(number) + WORD + direction * 8L) & WORD_BYTES;
        }
        return isOnList(slot) ? 0 : getShort(side, sideCountedAt(slot, direction) + 2);
    }

    private static long sideCountedAt(int slot, int direction) {
        return ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_COUNTED + direction * 4L;
    }

    private void putHigh(int number, int direction, long packetsHigh, long bytesHigh) {
        MemorySegment m = extras.piece(number);
        long at = extras.at(number);
        long wordAt = at + WORD + direction * 8L;
        long skip = getLong(m, wordAt) & ~(WORD_BYTES | WORD_PACKETS);
        putInt(m, at + PACKETS + direction * 4L, (int) packetsHigh);
        long top = ((packetsHigh >>> 32) << WORD_BYTES_BITS) & WORD_PACKETS;
        putLong(m, wordAt, skip | top | (bytesHigh & WORD_BYTES));
    }

    /** Gives back the entry of a connection that goes, if it has one. */
    void release(int slot) {
        if (has(slot)) {
            extras.give(number(slot), ConnectionTableExtras.RARE_BYTES);
        }
    }

    /** Whether what a record says of its entry can be. */
    boolean isSound(int slot) {
        return !has(slot) || extras.mayBe(number(slot), ConnectionTableExtras.RARE_BYTES);
    }
}
