package dev.sluice.agent.southbound;

import io.grpc.ManagedChannel;

/** A connection without encryption. Immutable. */
record ClearLink(ManagerAddress address) implements ManagerLink {
    @Override
    public ManagedChannel connect() {
        return ManagerLink.channel(address).usePlaintext().build();
    }

    @Override
    public boolean renew(ManagedChannel channel) {
        return false;
    }

    @Override
    public String words(Throwable failure) {
        String plain = ManagerLink.plainWords(failure);
        boolean strange = plain.contains("not SETTINGS") || plain.contains("Network closed");
        return strange
                ? plain
                        + "; if the manager there speaks TLS, as it does without --agents-insecure, leave --manager-insecure out here"
                : plain;
    }
}
