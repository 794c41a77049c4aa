package dev.sluice.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;

/** What a later version of this program says in messages of protobuf. Stateless; any thread. */
public final class LaterVersion {
    private static final int FIELD_OF_NO_VERSION = 900;

    private LaterVersion() {}

    /** The same message with a field that only a later version knows. */
    @SuppressWarnings("unchecked") // the builder of a message builds such messages
    public static <T extends Message> T of(T message) {
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .addField(
                        FIELD_OF_NO_VERSION,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8("of a later version"))
                                .build())
                .build();
        return (T) message.toBuilder().setUnknownFields(unknown).build();
    }
}
