package dev.sluice.manager.store;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;

/**
 * Where a store is in etcd. Behind a prefix: {@code base}, which says from where revisions count; {@code w/NAME}, what the manager of that name stored last; {@code
 * d/KEY}, the values. Immutable.
 */
final class EtcdKeys {
    private static final char DATA = 'd';
    private static final char WRITERS = 'w';

    private final String prefix;
    private final int dataLength;

    EtcdKeys(String prefix) {
        this.prefix = prefix;
        dataLength = prefix.length() + 2;
    }

    static ByteString bytes(String text) {
        return ByteString.copyFrom(text, StandardCharsets.US_ASCII);
    }

    ByteString base() {
        return bytes(prefix + "base");
    }

    ByteString writer(String name) {
        return bytes(prefix + WRITERS + '/' + name);
    }

    /** The first key of all writers. */
    ByteString writers() {
        return writer("");
    }

    ByteString writersEnd() {
        return bytes(prefix + WRITERS + '0');
    }

    /** The key of a store's key; of a prefix, the first key. */
    ByteString data(String key) {
        return bytes(prefix + DATA + '/' + key);
    }

    /** The first key behind all values. */
    ByteString dataEnd() {
        return bytes(prefix + DATA + '0');
    }

    /** All keys of the store. */
    ByteString all() {
        return bytes(prefix);
    }

    ByteString allEnd() {
        return bytes(Keys.end(prefix));
    }

    boolean isData(ByteString key) {
        return hasKind(key, DATA);
    }

    boolean isWriter(ByteString key) {
        return hasKind(key, WRITERS);
    }

    private boolean hasKind(ByteString key, char kind) {
        return key.size() >= dataLength && key.byteAt(prefix.length()) == kind;
    }

    /** What the store calls a key. */
    String name(ByteString key) {
        return key.substring(dataLength).toString(StandardCharsets.US_ASCII);
    }
}
