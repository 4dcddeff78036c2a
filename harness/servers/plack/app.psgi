use strict;
use warnings;

use JSON::PP qw(decode_json);
use Plack::Builder;

my $policy = decode_json($ENV{CORSPEC_POLICY});

my @origins = (@{ $policy->{origins} }, @{ $policy->{origin_patterns} });
push @origins, 'null' if $policy->{null_origin};
@origins = ('*')      if $policy->{any_origin};

my $resource = sub {
    return [
        200,
        [
            'Content-Type'  => 'text/plain',
            'X-Handler'     => 'resource',
            'X-Total'       => '42',
            'X-Trace'       => 't1',
            'Vary'          => 'Accept-Encoding',
            'Cache-Control' => 'public, max-age=60',
        ],
        ['resource'],
    ];
};

builder {
    enable 'CrossOrigin',
        origins        => \@origins,
        methods        => $policy->{methods},
        headers        => $policy->{request_headers},
        expose_headers => $policy->{exposed_headers},
        credentials    => $policy->{credentials},
        max_age        => $policy->{max_age};

    mount '/resource'  => $resource;
    mount '/protected' => builder {
        enable 'Auth::Basic', realm => 'corspec', authenticator => sub { 1 };
        $resource;
    };
    mount '/failing' => sub { die 'failing' };
    mount '/events'  => sub {
        return [200, ['Content-Type' => 'text/event-stream'], ["id: 1\ndata: one\n\n", "id: 2\ndata: two\n\n"]];
    };
};
