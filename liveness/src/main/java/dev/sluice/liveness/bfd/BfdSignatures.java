package dev.sluice.liveness.bfd;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How the packets of one session are signed, also while that changes: for a while each goes out both ways, and both are taken, because the peer hears of the change at another moment. One user: the
 * session. No allocation but at a change.
 */
final class BfdSignatures {
    private final BfdAuthenticator.Sequence sequence;
    private @Nullable BfdAuthenticator current;
    private @Nullable BfdAuthenticator former;
    private boolean changing;
    private long changingUntilNs;

    /** Signatures that stay so. */
    BfdSignatures(@Nullable BfdAuthentication wanted, RandomGenerator random) {
        sequence = new BfdAuthenticator.Sequence(random);
        current = wanted == null ? null : new BfdAuthenticator(wanted, sequence);
    }

    /** Others from now on; those of now are good until then as well. */
    void change(@Nullable BfdAuthentication wanted, long untilNs) {
        BfdAuthenticator now = current;
        if (!Objects.equals(now == null ? null : now.settings(), wanted)) {
            former = now;
            current = wanted == null ? null : new BfdAuthenticator(wanted, sequence);
            changing = true;
            changingUntilNs = untilNs;
        }
    }

    /** Ends a change whose time is over. */
    void step(long nowNs) {
        if (changing && nowNs - changingUntilNs >= 0) {
            changing = false;
            former = null;
        }
    }

    /** What packets are signed with; null: they are not signed. */
    @Nullable
    BfdAuthenticator current() {
        return current;
    }

    /** Whether each packet has to go out once more, signed with {@link #former}. */
    boolean changing() {
        return changing;
    }

    /** What packets were signed with before. */
    @Nullable
    BfdAuthenticator former() {
        return former;
    }

    /** The next packet is the first of a row. */
    void forgetSequence() {
        sequence.forget();
    }

    /** Judges a packet that passed {@link dev.sluice.wire.Bfd#check}. */
    BfdVerdict verify(MemorySegment f, long base) {
        BfdVerdict verdict = BfdAuthenticator.verify(current, f, base);
        boolean taken = verdict == BfdVerdict.ACCEPTED
                || (changing && BfdAuthenticator.verify(former, f, base) == BfdVerdict.ACCEPTED);
        return taken ? BfdVerdict.ACCEPTED : verdict;
    }
}
