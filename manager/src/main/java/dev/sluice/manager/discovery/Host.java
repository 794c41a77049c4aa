package dev.sluice.manager.discovery;

import dev.sluice.southbound.Interface;
import dev.sluice.southbound.Interfaces;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** What the agent of a host has told of its interfaces. One thread. */
final class Host {
    final String node;
    private final NavigableMap<String, Seen> seen = new TreeMap<>();
    private boolean connected;
    private boolean whole;
    private int leftOff;

    /** Since when it is connected, or is not. */
    private long sinceNs;

    /** An interface. */
    static final class Seen {
        final Interface told;

        /** When it has come. */
        final long cameNs;

        /** From when on it counts: later than it came if it comes and goes. */
        final long countsNs;

        Seen(Interface told, long cameNs, long countsNs) {
            this.told = told;
            this.cameNs = cameNs;
            this.countsNs = countsNs;
        }
    }

    Host(String node, long nowNs) {
        this.node = node;
        sinceNs = nowNs;
    }

    void connected(long nowNs) {
        connected = true;
        whole = false;
        sinceNs = nowNs;
    }

    void lost(long nowNs) {
        connected = false;
        whole = false;
        sinceNs = nowNs;
    }

    /** Takes what it tells. */
    void told(Interfaces news, Flapping flapping, long nowNs) {
        Set<String> gone = new HashSet<>(news.getGoneList());
        if (news.getWhole()) {
            gone.addAll(seen.keySet());
            news.getSeenList().forEach(each -> gone.remove(each.getName()));
            whole = true;
        }
        gone.forEach(seen::remove);
        for (Interface each : news.getSeenList()) {
            Seen before = seen.get(each.getName());
            boolean same = before != null && before.told.getIndex() == each.getIndex();
            seen.put(
                    each.getName(),
                    same
                            ? new Seen(each, before.cameNs, before.countsNs)
                            : new Seen(each, nowNs, flapping.comes(node + "/" + each.getName(), nowNs)));
        }
        leftOff = news.getLeftOff();
    }

    /** Whether what it told is what there is. */
    boolean isKnown() {
        return connected && whole;
    }

    long sinceNs() {
        return sinceNs;
    }

    /** How many interfaces it has besides that would fit. */
    int leftOff() {
        return leftOff;
    }

    /** By name; not to be changed. */
    NavigableMap<String, Seen> seen() {
        return seen;
    }
}
