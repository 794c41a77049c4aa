package dev.sluice.datapath.packet.planted;

import dev.sluice.datapath.Datapath;

/** Breaks a rule on purpose: what is below the stages calls them. */
final class StageCaller {
    private StageCaller() {}

    static void flush(Datapath datapath) {
        datapath.flush();
    }
}
