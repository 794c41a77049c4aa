package dev.sluice.agent.southbound;

import dev.sluice.southbound.Protocol;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import java.util.concurrent.TimeUnit;

/** How a manager is reached: in the clear, or as a host that it knows. One user. */
public interface ManagerLink {
    /** Longest wait for a connection. */
    int CONNECT_TIMEOUT_MS = 5_000;

    /** A connection; that the manager does not answer is said by its first call. */
    ManagedChannel connect() throws UnreachableException;

    /**
     * Looks after what this host shows to the manager, over a connection that stands.
     *
     * @return whether there is something new to be shown, with a new connection
     */
    boolean renew(ManagedChannel channel);

    /** Why a call failed, and what to do about it. */
    String words(Throwable failure);

    /** Where it leads now. */
    ManagerAddress address();

    /** All managers that it may lead to: one of them leads the others and serves agents. */
    ManagerAddresses addresses();

    /** In the clear, to somebody who does not say who it is: on this host only. */
    static ManagerLink insecure(ManagerAddresses addresses) {
        return new ClearLink(addresses);
    }

    /** There can be no connection. */
    final class UnreachableException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean inVain;

        /**
         * Why.
         *
         * @param inVain whether trying again is, until somebody does something
         */
        public UnreachableException(String message, boolean inVain) {
            super(message);
            this.inVain = inVain;
        }

        /** Whether trying again is in vain. */
        public boolean inVain() {
            return inVain;
        }
    }

    /** What is the same for all connections. */
    static NettyChannelBuilder channel(ManagerAddress address) {
        return NettyChannelBuilder.forAddress(address.host(), address.port())
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .maxInboundMessageSize(Protocol.MESSAGE_BYTES_MAX)
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS);
    }

    /** Why a call failed, as gRPC says it: without the lines that are of interest to its own developers. */
    static String plainWords(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        String description = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        Throwable cause = status.getCause();
        String why = cause == null || cause.getMessage() == null ? "" : cause.getMessage();
        return firstLine(description) + (why.isEmpty() ? "" : ": " + firstLine(why));
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
