package dev.sluice.controller;

import dev.sluice.southbound.EnrolmentGrpc;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;

/**
 * Ends calls of the enrolment service that say more than any request for a certificate does, before the server has taken it all in: who calls there may be anybody. Any thread;
 * what it makes belongs to one call.
 */
final class SmallCalls extends ServerStreamTracer.Factory {
    /** A request has 4 KiB at most, token and secret some hundred bytes. */
    static final int BYTES_MAX = 16 << 10;

    private static final ServerStreamTracer ANY = new ServerStreamTracer() {};

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
        return fullMethodName.startsWith(EnrolmentGrpc.SERVICE_NAME + "/") ? new Count() : ANY;
    }

    private static final class Count extends ServerStreamTracer {
        private long bytes;

        /** What it throws ends the call with this status. */
        @Override
        public void inboundWireSize(long more) {
            bytes += more;
            if (bytes > BYTES_MAX) {
                throw Status.RESOURCE_EXHAUSTED
                        .withDescription("a call for a certificate has at most " + BYTES_MAX + " bytes")
                        .asRuntimeException();
            }
        }
    }
}
