package dev.sluice.datapath.track;

/** How many records and instructions are in each key space ({@link Zones}); one without any can be given to other VLANs. One writer: the worker. No allocation. */
public final class ZoneUse {
    private final int[] count = new int[Zones.ZONES_MAX];

    void enter(int zone) {
        count[zone]++;
    }

    void leave(int zone) {
        count[zone]--;
    }

    boolean isUsed(int zone) {
        return count[zone] != 0;
    }
}
