package dev.sluice.agent.southbound;

import io.grpc.ManagedChannel;
import io.grpc.Status;

/** A connection without encryption. One user. */
record ClearLink(ManagerAddresses addresses) implements ManagerLink {
    @Override
    public ManagerAddress address() {
        return addresses.current();
    }

    @Override
    public ManagedChannel connect() {
        return ManagerLink.channel(address()).usePlaintext().build();
    }

    @Override
    public boolean renew(ManagedChannel channel) {
        return false;
    }

    @Override
    public String words(Throwable failure) {
        String plain = ManagerLink.plainWords(failure);
        boolean answered =
                Status.fromThrowable(failure).getCode() == Status.Code.UNAVAILABLE && !plain.contains("refused");
        return answered
                ? plain
                        + "; if the manager there speaks TLS, as it does without --agents-insecure, leave --manager-insecure out here"
                : plain;
    }
}
