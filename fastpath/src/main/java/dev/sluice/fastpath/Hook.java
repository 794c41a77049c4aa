package dev.sluice.fastpath;

/** Where the kernel's program sees the frames of a port (docs/adr/0029). */
public enum Hook {
    /** Frames as the kernel's stack has them: super-frames and partial checksums are whole. */
    TC("tc"),
    /** Frames as the driver has them, before the kernel's stack: faster where none of these exist. */
    XDP("xdp");

    private final String word;

    Hook(String word) {
        this.word = word;
    }

    /** What users read. */
    public String word() {
        return word;
    }
}
