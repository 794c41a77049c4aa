package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import java.util.Locale;

/** What became of a packet: accepted, or refused without any effect and for which reason. The first nine reasons are those of {@link Bfd#check}, in its order. */
public enum BfdVerdict {
    /** Taken by its session. */
    ACCEPTED("", "taken by its session"),
    /** {@link Bfd#TRUNCATED}. */
    TRUNCATED("RFC 5880 4.1", "fewer than 24 bytes behind the UDP header"),
    /** {@link Bfd#WRONG_VERSION}. */
    WRONG_VERSION("RFC 5880 6.8.6", "the version is not 1"),
    /** {@link Bfd#LENGTH_SHORT}. */
    LENGTH_SHORT("RFC 5880 6.8.6", "the length is below 24, or below 26 with authentication"),
    /** {@link Bfd#LENGTH_LONG}. */
    LENGTH_LONG("RFC 5880 6.8.6", "the length exceeds the payload of UDP"),
    /** {@link Bfd#ZERO_MULTIPLIER}. */
    ZERO_MULTIPLIER("RFC 5880 6.8.6", "the detection multiplier is 0"),
    /** {@link Bfd#MULTIPOINT_SET}. */
    MULTIPOINT_SET("RFC 5880 6.8.6", "the multipoint bit is set"),
    /** {@link Bfd#ZERO_MY_DISCRIMINATOR}. */
    ZERO_MY_DISCRIMINATOR("RFC 5880 6.8.6", "my discriminator is 0"),
    /** {@link Bfd#ZERO_YOUR_DISCRIMINATOR}. */
    ZERO_YOUR_DISCRIMINATOR("RFC 5880 6.8.6", "your discriminator is 0 in state Init or Up"),
    /** {@link Bfd#AUTHENTICATION_LENGTH}. */
    AUTHENTICATION_LENGTH("RFC 5880 6.7", "the authentication section does not end where the packet ends"),
    /** From further away than allowed. */
    WRONG_TTL("RFC 5881 5, RFC 5883 3", "TTL or hop limit is not 255 on a single hop, or below the session's minimum"),
    /** No session has your discriminator. */
    UNKNOWN_DISCRIMINATOR("RFC 5880 6.8.6", "no session has your discriminator"),
    /** Your discriminator is 0 and no session has these addresses. */
    UNKNOWN_PEER("RFC 5880 6.8.6", "your discriminator is 0 and no session is configured for these addresses"),
    /** The discriminator is known, but not from there. */
    WRONG_PATH(
            "RFC 5881 3",
            "a session's discriminator from addresses, an interface or a port that are not the session's"),
    /** Made by this side itself and turned back by somebody. */
    REFLECTED("RFC 5880 9", "my discriminator is one of this side's: a packet of ours that somebody sent back"),
    /** A session with authentication got a packet without. */
    AUTHENTICATION_MISSING("RFC 5880 6.8.6", "no authentication section, and the session demands one"),
    /** A session without authentication got a packet with. */
    AUTHENTICATION_UNEXPECTED("RFC 5880 6.8.6", "an authentication section, and the session has no key"),
    /** Another type than the session's. */
    AUTHENTICATION_TYPE("RFC 5880 6.7.4", "the authentication type is not the session's"),
    /** A key that the session does not have. */
    UNKNOWN_KEY("RFC 5880 6.7.4", "the session has no key of that id"),
    /** Replayed, or too far ahead. */
    WRONG_SEQUENCE("RFC 5880 6.7.4", "the sequence number is outside the window: replayed, or too many were lost"),
    /** Not made with the session's key. */
    WRONG_HASH("RFC 5880 6.7.4", "the hash is wrong");

    private static final BfdVerdict[] ALL = values();

    /** From 0, for tables of counters. */
    final int index;

    private final String source;
    private final String sentence;

    @SuppressWarnings("EnumOrdinal") // the one place that says what the index is
    BfdVerdict(String source, String sentence) {
        index = ordinal();
        this.source = source;
        this.sentence = sentence;
    }

    /** How many there are. */
    public static int count() {
        return ALL.length;
    }

    /** The verdict of a negative answer of {@link Bfd#check}. */
    public static BfdVerdict ofMalformed(int reason) {
        if (reason >= 0 || reason < -Bfd.REASONS) {
            throw new IllegalArgumentException("reason " + reason + " is outside -" + Bfd.REASONS + "..-1");
        }
        return ALL[-reason];
    }

    /** As counts are shown by it, for example wrong-hash. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Where the rule is written that the packet breaks. */
    public String source() {
        return source;
    }

    /** What is wrong, as a sentence without capital and full stop. */
    public String sentence() {
        return sentence;
    }
}
