module server

go 1.21

require github.com/rs/cors v1.11.1
