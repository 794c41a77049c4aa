package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One BFD session: the state machine, timers and polls of RFC 5880 6.8, asynchronous mode. One writer: the thread that owns its {@link BfdSessions}; others may
 * read the figures, which may lag.
 *
 * <p>Called through {@link BfdSessions}: {@link #receive} takes a packet, {@link #step} judges the silence and says whether a packet is due, {@link #write} makes
 * it, {@link #dueNs} says when to call again. A state that changes is told to the peer at once (6.8.7); everything else waits for its interval. No allocation.
 */
public final class BfdSession {
    private static final long NS_PER_US = 1_000;

    /** How often a session says that it was disabled: one packet that is lost does not leave the peer to find out by silence. */
    static final int FAREWELLS = 3;

    /** Of a poll (RFC 5880 6.5). After one has ended, the next waits for a packet without F, so that no late F ends it (6.8.3, choice 3). */
    private enum Poll {
        NONE,
        RUNNING,
        SETTLING
    }

    private final BfdPath path;
    private final int localDiscriminator;
    private final int sourcePort;
    private final BfdListener listener;
    private final BfdSignatures signatures;
    private long random;

    private BfdTiming timing;
    private BfdState state = BfdState.DOWN;
    private BfdDiagnostic diagnostic = BfdDiagnostic.NONE;
    private long changedNs;

    // What the peer said last.
    private BfdState remoteState = BfdState.DOWN;
    private int remoteDiagnostic;
    private int remoteDiscriminator;
    private int remoteMultiplier;
    private long remoteDesiredMinTxUs;
    private long remoteMinRxUs = 1;
    private boolean remoteDemand;
    private boolean heard;
    private long heardNs;

    // Intervals that count now: while a poll runs, the old ones where the new ones would be unsafe (6.8.3).
    private long usedMinTxUs;
    private long usedMinRxUs;
    private Poll poll = Poll.NONE;
    private boolean pollSent;
    private boolean pollWanted;

    private long transmitIntervalUs;
    private long sentNs;
    private long nextNs;

    /** Packets that go out at once, whatever the interval. */
    private int urgentCount;

    private boolean finalDue;
    private long eventNs;

    /** P or F of the packet that was written last. */
    private int writtenFlags;

    private long sentCount;
    private long acceptedCount;
    private long refusedCount;
    private long downCount;

    /** Place in the {@link DueQueue}, which alone uses it. */
    int queueIndex = -1;

    /** Due time by which the {@link DueQueue} holds it. */
    long queuedNs;

    BfdSession(
            BfdPath path,
            BfdSettings settings,
            int localDiscriminator,
            int sourcePort,
            RandomGenerator random,
            BfdListener listener,
            long nowNs) {
        this.path = path;
        this.localDiscriminator = localDiscriminator;
        this.sourcePort = sourcePort;
        this.listener = listener;
        this.random = random.nextLong() | 1;
        timing = settings.timing();
        signatures = new BfdSignatures(settings.authentication(), random);
        changedNs = nowNs;
        sentNs = nowNs;
        useIntervals();
        // Anywhere within the first interval, so that sessions configured together do not march in step.
        nextNs = nowNs + share(transmitIntervalUs * NS_PER_US / 4);
    }

    // Receiving.

    /** Takes a packet that passed {@link Bfd#check} and is this session's by its discriminator or addresses. What is refused changes nothing. */
    BfdVerdict receive(MemorySegment f, long base, long nowNs) {
        expire(nowNs);
        BfdVerdict verdict = authenticate(f, base, nowNs);
        if (verdict != BfdVerdict.ACCEPTED) {
            refusedCount++;
            return verdict;
        }
        acceptedCount++;
        heard = true;
        heardNs = nowNs;
        remoteDiscriminator = Bfd.myDiscriminator(f, base);
        remoteState = BfdState.ofCode(Bfd.state(f, base));
        remoteDiagnostic = Bfd.diagnostic(f, base);
        remoteMultiplier = Bfd.multiplier(f, base);
        remoteDesiredMinTxUs = Bfd.desiredMinTxUs(f, base);
        remoteMinRxUs = Bfd.requiredMinRxUs(f, base);
        remoteDemand = Bfd.has(f, base, Bfd.DEMAND);
        pollAnswered(Bfd.has(f, base, Bfd.FINAL));
        updateTransmitInterval();
        if (state == BfdState.ADMIN_DOWN) {
            return verdict;
        }
        react(nowNs);
        if (Bfd.has(f, base, Bfd.POLL)) {
            finalDue = true;
            eventNs = nowNs;
        }
        return verdict;
    }

    private BfdVerdict authenticate(MemorySegment f, long base, long nowNs) {
        // 6.8.1, bfd.AuthSeqKnown; packets that were refused are no sign of the peer.
        if (nowNs - heardNs >= 2 * detectionNs()) {
            signatures.forgetSequence();
        }
        return signatures.verify(f, base);
    }

    /** The table of RFC 5880 6.8.6: what the peer's state makes of ours. */
    private void react(long nowNs) {
        switch (remoteState) {
            case ADMIN_DOWN -> {
                if (state != BfdState.DOWN) {
                    become(BfdState.DOWN, BfdDiagnostic.NEIGHBOR_DOWN, nowNs);
                }
            }
            case DOWN -> {
                if (state == BfdState.DOWN) {
                    become(BfdState.INIT, diagnostic, nowNs);
                } else if (state == BfdState.UP) {
                    become(BfdState.DOWN, BfdDiagnostic.NEIGHBOR_DOWN, nowNs);
                }
            }
            case INIT -> {
                if (state != BfdState.UP) {
                    become(BfdState.UP, diagnostic, nowNs);
                }
            }
            case UP -> {
                if (state == BfdState.INIT) {
                    become(BfdState.UP, diagnostic, nowNs);
                }
            }
        }
    }

    private void become(BfdState next, BfdDiagnostic reason, long nowNs) {
        BfdState before = state;
        state = next;
        diagnostic = reason;
        changedNs = nowNs;
        poll = Poll.NONE;
        pollWanted = false;
        long advertisedBefore = usedMinTxUs;
        useIntervals();
        if (next == BfdState.UP && usedMinTxUs != advertisedBefore) {
            startPoll();
        }
        if (before == BfdState.UP) {
            downCount++;
        }
        urgentCount = next == BfdState.ADMIN_DOWN ? FAREWELLS : 1;
        eventNs = nowNs;
        listener.changed(this, nowNs);
    }

    // Silence.

    /** After a detection time without a packet: nothing is known of the peer any more (6.8.4, and 6.8.1 of bfd.RemoteDiscr). */
    private void expire(long nowNs) {
        if (!heard || nowNs - heardNs < detectionNs()) {
            return;
        }
        heard = false;
        remoteDiscriminator = 0;
        remoteState = BfdState.DOWN;
        remoteDemand = false;
        remoteMinRxUs = 1;
        updateTransmitInterval();
        if (state == BfdState.INIT || state == BfdState.UP) {
            become(BfdState.DOWN, BfdDiagnostic.DETECTION_TIME_EXPIRED, nowNs);
        }
    }

    /** So long without a packet means gone; 0 before the first packet. */
    public long detectionNs() {
        return remoteMultiplier * Math.max(usedMinRxUs, remoteDesiredMinTxUs) * NS_PER_US;
    }

    // Intervals and polls.

    /** What the next packet says of the interval we would like: slow while not up (6.8.3). */
    private long advertisedMinTxUs() {
        return state == BfdState.UP ? timing.desiredMinTxUs() : Math.max(BfdTiming.SLOW_US, timing.desiredMinTxUs());
    }

    private void useIntervals() {
        usedMinTxUs = advertisedMinTxUs();
        usedMinRxUs = timing.requiredMinRxUs();
        updateTransmitInterval();
    }

    /** Whenever one of the two intervals that it is made of has changed (6.8.7). */
    private void updateTransmitInterval() {
        long now = Math.max(usedMinTxUs, remoteMinRxUs);
        if (now != transmitIntervalUs) {
            transmitIntervalUs = now;
            nextNs = sentNs + jittered();
        }
    }

    private void startPoll() {
        if (poll == Poll.NONE) {
            poll = Poll.RUNNING;
            pollSent = false;
        } else {
            pollWanted = true;
        }
    }

    private void pollAnswered(boolean isFinal) {
        if (poll == Poll.RUNNING && isFinal && pollSent) {
            poll = Poll.SETTLING;
            if (!pollWanted) {
                useIntervals();
            }
        } else if (poll == Poll.SETTLING && !isFinal) {
            poll = Poll.NONE;
            if (pollWanted) {
                pollWanted = false;
                startPoll();
            }
        }
    }

    /** Other intervals from now on. While up, each side goes on as safely as before until the peer has confirmed them (6.8.3). */
    void setTiming(BfdTiming next, long nowNs) {
        if (next.equals(timing)) {
            return;
        }
        timing = next;
        if (state == BfdState.UP) {
            usedMinTxUs = Math.min(usedMinTxUs, next.desiredMinTxUs());
            usedMinRxUs = Math.max(usedMinRxUs, next.requiredMinRxUs());
            updateTransmitInterval();
            startPoll();
        } else {
            useIntervals();
        }
        eventNs = nowNs;
    }

    /** Other keys, or none, from now on; until then the peer may have those of now, and hears both. */
    void setAuthentication(@Nullable BfdAuthentication next, long untilNs) {
        signatures.change(next, untilNs);
    }

    // An operator.

    /** Holds the session down until it is removed (6.8.16). The peer is told {@value #FAREWELLS} times at once: who disables a session often has no time to say it for a detection time. */
    void disable(long nowNs) {
        if (state != BfdState.ADMIN_DOWN) {
            become(BfdState.ADMIN_DOWN, BfdDiagnostic.ADMINISTRATIVELY_DOWN, nowNs);
        }
    }

    // Sending.

    /** Judges the peer's silence. Whether a packet is due now: then the caller calls {@link #write} and asks again. */
    boolean step(long nowNs) {
        expire(nowNs);
        signatures.step(nowNs);
        return finalDue || urgentCount > 0 || (sendsPeriodically() && nowNs >= nextNs);
    }

    /** The peer can stop us: by an interval of 0, or by demand mode, which only a poll interrupts (6.8.7). */
    private boolean sendsPeriodically() {
        boolean remoteDemandActive = remoteDemand && state == BfdState.UP && remoteState == BfdState.UP;
        return remoteMinRxUs != 0 && (!remoteDemandActive || poll == Poll.RUNNING);
    }

    /** Makes the packet that is due; its length in bytes, {@link Bfd#SHA1_PACKET_BYTES} at most. */
    int write(MemorySegment f, long base, long nowNs) {
        // Never both P and F (6.5).
        writtenFlags = finalDue ? Bfd.FINAL : poll == Poll.RUNNING ? Bfd.POLL : 0;
        int length = write(f, base, signatures.current());
        if (finalDue) {
            // Beside the schedule, "without respect to the transmission timer" (6.8.7).
            finalDue = false;
        } else {
            pollSent |= poll == Poll.RUNNING;
            urgentCount = Math.max(0, urgentCount - 1);
            sentNs = nowNs;
            nextNs = nowNs + jittered();
        }
        return length;
    }

    /** Whether the packet that was written has to go out once more, by {@link #writeAgain}: keys change, and the peer may have the old ones. */
    boolean signsTwice() {
        return signatures.changing();
    }

    /** The packet that was written last, as it would be with the keys before. */
    int writeAgain(MemorySegment f, long base) {
        return write(f, base, signatures.former());
    }

    private int write(MemorySegment f, long base, @Nullable BfdAuthenticator by) {
        int length = by == null ? Bfd.BYTES : Bfd.SHA1_PACKET_BYTES;
        int flags = writtenFlags | (by == null ? 0 : Bfd.AUTHENTICATION);
        Bfd.setHeader(f, base, diagnostic.code(), state.code(), flags, timing.multiplier(), length);
        Bfd.setDiscriminators(f, base, localDiscriminator, remoteDiscriminator);
        Bfd.setIntervals(f, base, advertisedMinTxUs(), timing.requiredMinRxUs(), 0);
        if (by != null) {
            by.sign(f, base);
        }
        sentCount++;
        return length;
    }

    /** 75 to 100 % of the interval; at most 90 % if one lost packet is enough (6.8.7). */
    private long jittered() {
        long intervalNs = transmitIntervalUs * NS_PER_US;
        return intervalNs * 3 / 4 + share(timing.multiplier() == 1 ? intervalNs * 3 / 20 : intervalNs / 4);
    }

    private long share(long spanNs) {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return spanNs / 1024 * ((random >>> 33) % 1025);
    }

    /** When {@link #step} has something to do next; {@link Long#MAX_VALUE} if nothing but a packet can change anything. */
    long dueNs() {
        long due = heard ? heardNs + detectionNs() : Long.MAX_VALUE;
        if (finalDue || urgentCount > 0) {
            return Math.min(due, eventNs);
        }
        return sendsPeriodically() ? Math.min(due, nextNs) : due;
    }

    // Figures.

    /** Between whom it runs. */
    public BfdPath path() {
        return path;
    }

    /** State. */
    public BfdState state() {
        return state;
    }

    /** Why the state last left Up or was held down. */
    public BfdDiagnostic diagnostic() {
        return diagnostic;
    }

    /** When the state last changed, by the sessions' clock. */
    public long changedNs() {
        return changedNs;
    }

    /** Our name for the session, never 0. */
    public int localDiscriminator() {
        return localDiscriminator;
    }

    /** UDP port that its packets come from, the same for its life (RFC 5881 4). */
    public int sourcePort() {
        return sourcePort;
    }

    /** The peer's name for it, 0 while the peer is not heard. */
    public int remoteDiscriminator() {
        return remoteDiscriminator;
    }

    /** The peer's state as it said last; Down while it is not heard. */
    public BfdState remoteState() {
        return remoteState;
    }

    /** The peer's diagnostic as it said last. */
    public BfdDiagnostic remoteDiagnostic() {
        return BfdDiagnostic.ofCode(remoteDiagnostic);
    }

    /** Interval at which packets go, before jitter, in microseconds. */
    long transmitIntervalUs() {
        return transmitIntervalUs;
    }

    /** Whether a poll waits for its answer. */
    boolean polling() {
        return poll == Poll.RUNNING;
    }

    /** The settings of intervals. */
    BfdTiming timing() {
        return timing;
    }

    /** Packets sent. */
    public long sentCount() {
        return sentCount;
    }

    /** Packets taken. */
    long acceptedCount() {
        return acceptedCount;
    }

    /** Packets refused that were this session's by discriminator or addresses. */
    public long refusedCount() {
        return refusedCount;
    }

    /** How often the session left Up. */
    public long downCount() {
        return downCount;
    }

    /** One more packet was refused before the session saw it. */
    void countRefused() {
        refusedCount++;
    }
}
