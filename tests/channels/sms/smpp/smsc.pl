#!/usr/bin/perl
# A small short message centre on Perl's Net::SMPP (Debian libnet-smpp-perl), a codec that shares no line with ours.
#
# It takes orders on stdin, a line each, and tells on stdout what happens. What is handed over stays pending until it is
# answered, and is handed over again, with a new sequence number, to the next receiver that binds, as a real centre does.
#
#   send deliver_sm|data_sm name=value ...   hex:.. for octets; to every receiver that is bound, or when one binds
#   raw HEX                                  octets as they are
#   drop                                     close every connection without a word
#   unbind | enquire                         say so to every connection
#   bind STATUS COUNT | submit STATUS COUNT  refuse the next COUNT; COUNT -1 for all
#   mute submit|bind COUNT                   do not answer the next COUNT
#   ids FORMAT                               how submit_sm_resp spells ids (printf of the number)
use strict;
use warnings;
use IO::Select;
use Net::SMPP;

$| = 1;
$SIG{PIPE} = 'IGNORE';
my $listen = Net::SMPP->new_listen('127.0.0.1', port => 0, enquire_interval => 0) or die "listen: $!";
print "port ", $listen->sockport, "\n";
my $select = IO::Select->new($listen, \*STDIN);
my (%lines, @pending, %refuse, %mute);
my ($ids, $next_id, $orders) = ('%d', 100, '');

sub told { print join(' ', @_), "\n" }

sub due {    # one of a number of times that something is to happen
    my ($what, $key) = @_;
    return 0 unless $what->{$key} && $what->{$key}[-1];
    $what->{$key}[-1]--;
    return $what->{$key}[0];
}

sub hand_over {
    my ($line, $one) = @_;
    my ($command, @fields) = @{$one->{words}};
    my $smpp = $line->{smpp};
    $one->{seq} = $command eq 'data_sm' ? $smpp->data_sm(@fields, async => 1) : $smpp->deliver_sm(@fields, async => 1);
    $one->{line} = $line;
}

sub receivers { return grep { $_->{bound} && $_->{bound} ne 'transmitter' } values %lines }

sub bound {
    my ($line, $pdu, $mode) = @_;
    return told('muted', 'bind') if due(\%mute, 'bind');
    my $status = due(\%refuse, 'bind');
    my $answer = "bind_${mode}_resp";
    $line->{smpp}->$answer(seq => $pdu->{seq}, status => $status, system_id => 'perl');
    told('bind', $mode, "status=$status", "system_id=$pdu->{system_id}", "password=$pdu->{password}",
        "system_type=$pdu->{system_type}", sprintf('version=%02x', $pdu->{interface_version}));
    return if $status;
    $line->{bound} = $mode;
    hand_over($line, $_) for $mode eq 'transmitter' ? () : @pending;
}

sub submitted {
    my ($line, $pdu) = @_;
    return told('muted', 'submit') if due(\%mute, 'submit');
    my $status = due(\%refuse, 'submit');
    my $id = sprintf $ids, $next_id++;
    my %more = map { $_ => $pdu->{$_} } qw(esm_class data_coding registered_delivery source_addr_ton dest_addr_ton);
    told('submit', "status=$status", 'id=' . ($status ? '' : $id), "number=" . ($next_id - 1),
        "from=$pdu->{source_addr}", "to=$pdu->{destination_addr}", (map { "$_=$more{$_}" } sort keys %more),
        'hex=' . unpack('H*', $pdu->{short_message}));
    return $line->{smpp}->syswrite(pack 'NNNN', 16, 0x80000004, $status, $pdu->{seq}) if $status;
    $line->{smpp}->submit_sm_resp(seq => $pdu->{seq}, message_id => $id);
}

sub answered {
    my ($line, $pdu, $command) = @_;
    my ($one) = grep { $_->{seq} && $_->{seq} == $pdu->{seq} && $_->{line} == $line } @pending;
    @pending = grep { $_ != $one } @pending if $one && !$pdu->{status};
    told($command, "seq=$pdu->{seq}", "status=$pdu->{status}", 'pending=' . @pending);
}

sub gone {
    my ($line, $why) = @_;
    $select->remove($line->{smpp});
    delete $lines{fileno $line->{smpp}};
    close $line->{smpp};
    told('gone', $why);
}

sub heard {
    my ($line) = @_;
    my $pdu = eval { local $SIG{__WARN__} = sub { }; $line->{smpp}->read_pdu } or return gone($line, 'closed');
    my $command = $pdu->explain_cmd;
    return bound($line, $pdu, $1) if $command =~ /^bind_(transceiver|transmitter|receiver)$/;
    return submitted($line, $pdu) if $command eq 'submit_sm';
    return answered($line, $pdu, $command) if $command =~ /^(deliver_sm_resp|data_sm_resp)$/;
    if ($command eq 'enquire_link') { $line->{smpp}->enquire_link_resp(seq => $pdu->{seq}) }
    told($command, "seq=$pdu->{seq}", "status=$pdu->{status}");
    if ($command eq 'unbind') { $line->{smpp}->unbind_resp(seq => $pdu->{seq}); gone($line, 'unbound') }
}

sub value { my ($text) = @_; return $text =~ /^hex:(.*)$/ ? pack('H*', $1) : $text }

sub ordered {
    my ($order, @words) = split / /, shift;
    if ($order eq 'send') {
        my $command = shift @words;
        my @fields = map { my ($name, $text) = split /=/, $_, 2; ($name => value($text)) } @words;
        push @pending, { words => [ $command, @fields ] };
        hand_over($_, $pending[-1]) for receivers();
    }
    elsif ($order eq 'raw') { $_->{smpp}->syswrite(pack 'H*', $words[0]) for values %lines }
    elsif ($order eq 'drop') { gone($_, 'dropped') for values %lines }
    elsif ($order eq 'unbind') { $_->{smpp}->unbind(async => 1) for values %lines }
    elsif ($order eq 'enquire') { $_->{smpp}->enquire_link(async => 1) for values %lines }
    elsif ($order eq 'bind' || $order eq 'submit') { $refuse{$order} = [ @words ] }
    elsif ($order eq 'mute') { $mute{ $words[0] } = [ 1, $words[1] ] }
    elsif ($order eq 'ids') { $ids = $words[0] }
    else { die "no such order: $order" }
    told('done', $order);
}

while (1) {
    for my $ready ($select->can_read) {
        if ($ready == $listen) {
            my $smpp = $listen->accept or next;
            $lines{fileno $smpp} = { smpp => $smpp };
            $select->add($smpp);
        }
        elsif ($ready == \*STDIN) {
            sysread(STDIN, $orders, 65536, length $orders) or exit 0;
            ordered($1) while $orders =~ s/^([^\n]*)\n//;
        }
        elsif (defined fileno $ready && $lines{fileno $ready}) { heard($lines{fileno $ready}) }
    }
}
