package dev.sluice.southbound.pki;

import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** TLS 1.3 and nothing older (RFC 8446), with the JDK's implementation, whose checks of certificates are the ones above. Stateless. */
public final class TlsEnds {
    private static final String PROTOCOL = "TLSv1.3";

    private TlsEnds() {}

    /** The side of an agent; without an identity it can do nothing but enrol. */
    public static SslContext client(Optional<OwnIdentity> own, PeerCheck manager) {
        SslContextBuilder builder = SslContextBuilder.forClient().trustManager(manager);
        own.ifPresent(builder::keyManager);
        return context(builder);
    }

    /** The side of a manager. Who shows no certificate gets through the handshake, since a token may follow; what they may call is decided per call. */
    public static SslContext server(OwnIdentity own, PeerCheck agents) {
        return context(SslContextBuilder.forServer(own).trustManager(agents).clientAuth(ClientAuth.OPTIONAL));
    }

    private static SslContext context(SslContextBuilder builder) {
        try {
            return GrpcSslContexts.configure(builder, SslProvider.JDK)
                    .protocols(PROTOCOL)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("each JDK has " + PROTOCOL, e);
        }
    }
}
