package dev.sluice.datapath.rules;

/**
 * One side of a {@link TupleSieve}: sets of tables, each of 64 bits, by the address cut to 32, 24, 16 or 8 bits (IPv6: 128, 64, 48 or 32). Written by {@link #fill} before others see it, immutable
 * from then on.
 *
 * <p>A prefix is in the cell of the longest cut that it fills, so a look-up joins four cells, whose loads do not wait for each other. Cells are hashed and not told apart: one
 * that two prefixes share lets the tables of both through. They lie in pages, of which a changed copy copies one.
 */
final class TupleSide {
    private static final int CELL_BITS_MIN = 6;
    private static final int CELL_BITS_MAX = 20;
    private static final int MAPPED = 96;

    private final int cellBits;
    private final int pageBits;

    /** Page, cell; pages without tables are one and the same. */
    private final long[][] pages;

    /** Tables with an entry whose prefix is shorter than the shortest cut. */
    private long always;

    private TupleSide(int cellBits, long[][] pages, long always) {
        this.cellBits = cellBits;
        this.pageBits = pageBits(cellBits);
        this.pages = pages;
        this.always = always;
    }

    private static int pageBits(int cellBits) {
        return (cellBits + 1) / 2;
    }

    /** A side for about this many entries. */
    static TupleSide empty(int entries) {
        int cellBits = Math.clamp(33L - Integer.numberOfLeadingZeros(entries), CELL_BITS_MIN, CELL_BITS_MAX);
        long[][] pages = new long[1 << (cellBits - pageBits(cellBits))][];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = new long[1 << pageBits(cellBits)];
        }
        return new TupleSide(cellBits, pages, 0);
    }

    /** Adds the tables of {@code bits} for a prefix (its length in the 128-bit space), to a side that nobody else has seen yet. */
    void fill(int family, long hi, long lo, int prefixBits, long bits) {
        int cell = cell(family, hi, lo, prefixBits);
        if (cell < 0) {
            always |= bits;
        } else {
            pages[cell >>> pageBits][cell & ((1 << pageBits) - 1)] |= bits;
        }
    }

    /** The side with the tables of {@code bits} for one more prefix; itself if they are there. */
    TupleSide with(int family, long hi, long lo, int prefixBits, long bits) {
        int cell = cell(family, hi, lo, prefixBits);
        long present = cell < 0 ? always : at(cell);
        if ((present & bits) == bits) {
            return this;
        }
        TupleSide copy = new TupleSide(cellBits, pages.clone(), always);
        if (cell >= 0) {
            copy.pages[cell >>> pageBits] = pages[cell >>> pageBits].clone();
        }
        copy.fill(family, hi, lo, prefixBits, bits);
        return copy;
    }

    /** The cell of a prefix, -1 if it is shorter than the shortest cut. */
    private int cell(int family, long hi, long lo, int prefixBits) {
        if (family == 4) {
            int cut = (prefixBits - MAPPED) & ~7;
            return cut <= 0 ? -1 : ipv4Cell((int) lo, cut);
        }
        if (prefixBits == 128) {
            return ipv6Cell(hi, lo, 0);
        }
        return prefixBits >= 64
                ? ipv6Cell(hi, 0, 64)
                : prefixBits >= 48 ? ipv6Cell(hi >>> 16, 0, 48) : prefixBits >= 32 ? ipv6Cell(hi >>> 32, 0, 32) : -1;
    }

    /** The tables that have an entry for an address of the family. Hot path. */
    long tables(int family, long hi, long lo) {
        if (family == 4) {
            int address = (int) lo;
            return always
                    | at(ipv4Cell(address, 8))
                    | at(ipv4Cell(address, 16))
                    | at(ipv4Cell(address, 24))
                    | at(ipv4Cell(address, 32));
        }
        return family == 0
                ? always
                : always
                        | at(ipv6Cell(hi >>> 32, 0, 32))
                        | at(ipv6Cell(hi >>> 16, 0, 48))
                        | at(ipv6Cell(hi, 0, 64))
                        | at(ipv6Cell(hi, lo, 0));
    }

    private long at(int cell) {
        return pages[cell >>> pageBits][cell & ((1 << pageBits) - 1)];
    }

    private int ipv4Cell(int address, int cut) {
        return (((address >>> (32 - cut)) + cut) * 0x9e3779b1) >>> (32 - cellBits);
    }

    private int ipv6Cell(long hi, long lo, int cut) {
        long h = (hi + cut) * 0x9e3779b97f4a7c15L + lo * 0xbf58476d1ce4e5b9L;
        return (int) (((h ^ (h >>> 32)) * 0xff51afd7ed558ccdL) >>> (64 - cellBits));
    }
}
